/**
 * `npm run bench [name…]`: measures Isolane beside what people use today, prints a table and writes bench/results.json.
 * Names: postgres, redis, neo4j, snapshots, stack, scaling, docker, vitest, demo, matrix,
 * environments; all of them when none is given.
 */
import { existsSync, statSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import type { Row } from './row.ts'

const benches: Record<string, () => Promise<Row[]>> = {
  postgres: async () => (await import('./postgres.ts')).benchPostgres(),
  redis: async () => (await import('./redis.ts')).benchRedis(),
  neo4j: async () => (await import('./neo4j.ts')).benchNeo4j(),
  snapshots: async () => (await import('./snapshots.ts')).benchSnapshots(),
  stack: async () => (await import('./stack.ts')).benchStack(),
  scaling: async () => (await import('./scaling.ts')).benchScaling(),
  docker: async () => (await import('./docker.ts')).benchDocker(),
  vitest: async () => (await import('./vitest.ts')).benchVitest(),
  demo: async () => (await import('./vitest.ts')).benchDemo(),
  environments: async () => (await import('./environments.ts')).benchEnvironments(),
  matrix: async () => (await import('./matrix.ts')).benchMatrix(),
}

/** What isn't measured again keeps its old figures. */
interface Results {
  readonly measuredAt: string
  readonly rows: readonly Row[]
}

const here = import.meta.dirname
const installed = join(here, 'node_modules', '.package-lock.json')
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(join(here, 'package-lock.json')).mtimeMs) {
  await execa('npm', ['ci', '--ignore-scripts'], { cwd: here, stdio: 'inherit' })
}
await execa('node', ['scripts/build.ts'], { cwd: join(here, '..'), stdio: 'inherit' })

const file = join(here, 'results.json')
const results: Record<string, Results> = existsSync(file) ? JSON.parse(await readFile(file, 'utf8')).results : {}
const names = process.argv.slice(2)
for (const name of names.length > 0 ? names : Object.keys(benches)) {
  const bench = benches[name]
  if (!bench) throw new Error(`there is no bench "${name}"; there are ${Object.keys(benches).join(', ')}`)
  console.log(`\n${name}`)
  const rows = await bench()
  if (rows.length > 0) results[name] = { measuredAt: new Date().toISOString(), rows }
  for (const row of rows) print(row)
}

const machine = { cores: availableParallelism(), memoryGiB: Math.round(totalmem() / 2 ** 30), node: process.version }
await writeFile(file, `${JSON.stringify({ machine, results }, undefined, 2)}\n`)
const missed = Object.values(results)
  .flatMap(({ rows }) => rows)
  .filter(({ reached }) => !reached)
console.log(
  missed.length === 0
    ? '\nEvery target is reached.'
    : `\n${missed.length} missed: ${missed.map(({ what }) => what).join('; ')}`,
)

function print(row: Row): void {
  const figure = (value: number | undefined) =>
    value === undefined ? '' : `${value < 10 ? value.toFixed(2) : Math.round(value)} ${row.unit}`
  const ratio = row.ratio === undefined ? '' : row.ratio < 10 ? row.ratio.toFixed(3) : String(Math.round(row.ratio))
  console.log(
    `${row.reached ? '✓' : '✗'} ${row.what}\n    ours ${figure(row.ours)}${row.theirs === undefined ? '' : `, theirs ${figure(row.theirs)}`}${ratio && `, ratio ${ratio}`}; target ${row.target}`,
  )
}
