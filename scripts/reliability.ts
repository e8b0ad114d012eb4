/**
 * `npm run test:reliability`: every fault that snapshots are put to. Prints a table and writes
 * test/snapshots/faults/results.json; with `--write-docs` also the tables of docs/reliability.md.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type FaultResults, markdown, resultsOf, withTables } from './reliability/table.ts'
import { run } from './run.ts'

const { values } = parseArgs({ options: { 'write-docs': { type: 'boolean', default: false } } })
const folder = await mkdtemp(join(tmpdir(), 'isolane-reliability-'))
const report = join(folder, 'report.json')
// Where all of it runs.
process.env.CI = 'true'
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
const passed = await run('vitest', 'run', ...reporters, 'test/snapshots/faults/')

if (existsSync(report)) {
  const results: FaultResults = {
    triedAt: new Date().toISOString(),
    node: process.version.slice(1),
    platform: `${process.platform} ${process.arch}`,
    results: resultsOf(JSON.parse(readFileSync(report, 'utf8'))),
  }
  console.log(`\n${markdown(results)}`)
  writeFileSync('test/snapshots/faults/results.json', `${JSON.stringify(results, undefined, 2)}\n`)
  const page = join('docs', 'reliability.md')
  if (values['write-docs']) writeFileSync(page, withTables(readFileSync(page, 'utf8'), results))
}
await rm(folder, { recursive: true, force: true })
process.exitCode = passed ? 0 : 1
