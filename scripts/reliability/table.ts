/** What became of each fault that was tried. */
export interface FaultResults {
  readonly triedAt: string
  readonly node: string
  readonly platform: string
  readonly results: readonly FaultResult[]
}

export interface FaultResult {
  /** `kill -9 while a snapshot is written`. */
  readonly group: string
  readonly fault: string
  /** What must come of it. */
  readonly outcome: string
  readonly passed: boolean
}

interface Reported {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly status: string
      readonly ancestorTitles: readonly string[]
      readonly title: string
    }[]
  }[]
}

const begin = '<!-- made by `npm run test:reliability -- --write-docs` -->'
const end = '<!-- end -->'

/** From the JSON that Vitest leaves of `test/snapshots/faults`: tests are named `fault | outcome`. */
export function resultsOf(report: unknown): FaultResult[] {
  const results = (report as Reported).testResults.flatMap(({ assertionResults }) =>
    assertionResults.flatMap(({ status, ancestorTitles: [group = ''], title }) => {
      const [fault = '', outcome] = title.split(' | ')
      if (outcome === undefined || status === 'skipped' || status === 'pending') return []
      return [{ group, fault, outcome, passed: status === 'passed' }]
    }),
  )
  // Files end in no certain order; within one it is that of the tests.
  return results.sort((left, right) => left.group.localeCompare(right.group))
}

/** A table for each group. */
export function markdown({ node, platform, triedAt, results }: FaultResults): string {
  const passed = results.filter((result) => result.passed).length
  const summary = `${passed} of ${results.length} came out as they must, on ${platform} with Node ${node}, ${triedAt.slice(0, 10)}.`
  const tables = [...new Set(results.map(({ group }) => group))].map((group) => {
    const rows = results.filter((result) => result.group === group)
    const lines = rows.map((result) => `| ${result.fault} | ${result.outcome} | ${result.passed ? '✓' : '✗'} |`)
    return `## ${group.slice(0, 1).toUpperCase()}${group.slice(1)}\n\n| fault | what comes of it | |\n| --- | --- | --- |\n${lines.join('\n')}`
  })
  return [summary, ...tables].join('\n\n')
}

/** A page with the tables put where they belong. */
export function withTables(page: string, results: FaultResults): string {
  const [before, rest] = page.split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) throw new Error(`the page lacks ${begin} … ${end}`)
  return `${before}${begin}\n\n${markdown(results)}\n\n${end}${after}`
}
