import type { MatrixResult, MatrixResults } from './results.ts'

const begin = '<!-- made by `npm run test:runners -- --write-docs` -->'
const end = '<!-- end -->'

/** A table for each runner: settings by versions. A cell has a tick, or names what failed. */
export function markdown({ node, platform, measuredAt, results }: MatrixResults): string {
  const passed = results.filter((result) => result.passed).length
  const summary = `${passed} of ${results.length} combinations passed, on ${platform} with Node ${node}, ${measuredAt.slice(0, 10)}.`
  const tables = [...unique(results, 'runner')].map((runner) => table(results.filter((each) => each.runner === runner)))
  return [summary, ...tables].join('\n\n')
}

/** A page with the tables put where they belong. */
export function withTables(page: string, results: MatrixResults): string {
  const [before, rest] = page.split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) throw new Error(`the page lacks ${begin} … ${end}`)
  return `${before}${begin}\n\n${markdown(results)}\n\n${end}${after}`
}

function table(results: readonly MatrixResult[]): string {
  const runner = results[0]?.runner ?? ''
  const versions = unique(results, 'version')
  const ways = unique(results, 'way')
  const rows = unique(results, 'settings').map((settings) => [
    settings,
    ...versions.map((version) =>
      cell(
        results.filter((each) => each.version === version && each.settings === settings),
        ways,
      ),
    ),
  ])
  const header = [`${runner}: ${ways.join(', ')}`, ...versions]
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function cell(results: readonly MatrixResult[], ways: readonly string[]): string {
  const failed = results.filter(({ passed }) => !passed).map(({ way }) => way)
  if (failed.length > 0) return `✗ ${failed.join(', ')}`
  const run = results.map(({ way }) => way)
  if (run.length === 0) return '–'
  return run.length === ways.length ? '✓' : `✓ ${run.join(', ')}`
}

function unique<Key extends 'runner' | 'version' | 'settings' | 'way'>(
  results: readonly MatrixResult[],
  key: Key,
): string[] {
  return [...new Set(results.map((result) => result[key]))]
}
