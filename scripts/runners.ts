/**
 * `npm run test:runners`: every supported version of Vitest and Jest in every combination of `test/matrix`, with the packed
 * package. Prints a table and writes test/matrix/results.json; with `--write-docs` also the table of docs/runners.md.
 * Names of runners (`vitest-5`, `jest-30`) run only those, and write nothing.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { run } from './run.ts'
import { type MatrixResults, resultsOf } from './runners/results.ts'
import { markdown, withTables } from './runners/table.ts'

const { values, positionals } = parseArgs({
  options: { 'write-docs': { type: 'boolean', default: false } },
  allowPositionals: true,
})
const folder = await mkdtemp(join(tmpdir(), 'isolane-runners-'))
const report = join(folder, 'report.json')
// Where the whole matrix runs, and not just its first case.
process.env.CI = 'true'
const files = (positionals.length > 0 ? positionals : ['vitest-', 'jest-']).map((name) => `test/matrix/${name}`)
const passed =
  (await run('node', 'scripts/build.ts')) &&
  (await run('vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...files))

if (existsSync(report)) {
  const results: MatrixResults = {
    measuredAt: new Date().toISOString(),
    node: process.version.slice(1),
    platform: `${process.platform} ${process.arch}`,
    results: resultsOf(JSON.parse(readFileSync(report, 'utf8'))),
  }
  console.log(`\n${markdown(results)}`)
  if (positionals.length === 0) {
    writeFileSync('test/matrix/results.json', `${JSON.stringify(results, undefined, 2)}\n`)
    const page = join('docs', 'runners.md')
    if (values['write-docs']) writeFileSync(page, withTables(readFileSync(page, 'utf8'), results))
  }
}
await rm(folder, { recursive: true, force: true })
process.exitCode = passed ? 0 : 1
