/** Six versions of Postgres: the demo's tests on all of them side by side, and how long their servers take to start together. */
import { readdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { postgres } from '../src/index.ts'
import { lease } from './leased.ts'
import type { Row } from './row.ts'
import { median, timed } from './statistics.ts'

const root = join(import.meta.dirname, '..')
const atlas = join(root, 'examples', 'atlas')
const majors = ['13', '14', '15', '16', '17', '18'] as const
const rounds = 3

/** The demo's tests that have to do with Redis or Neo4j. */
const others =
  /^(cache|charting|crossings|dissolution|editing|fact|islands|land|neighbours|popularity|postcards|presence|rate|sessions|suggestions)/

export async function benchMatrix(): Promise<Row[]> {
  return [await startUp(), await sideBySide()]
}

async function sideBySide(): Promise<Row> {
  const files = (await readdir(join(atlas, 'tests'))).filter((name) => name.endsWith('.test.ts') && !others.test(name))
  const matrix = (parallel: readonly string[]) => () =>
    execa(
      'node',
      [
        ...[join(root, 'dist', 'cli.js'), '-C', atlas, 'matrix', '--postgres', majors.join(','), ...parallel],
        ...['--', 'vitest', 'run', '--root', atlas, ...files.map((name) => `tests/${name}`)],
      ],
      { preferLocal: true, localDir: root, cwd: root, env: { ISOLANE_ATLAS_WITHOUT_NEO4J: '1' } },
    )
  const together: number[] = []
  const alone: number[] = []
  // Makes the templates.
  await matrix([])()
  for (let round = 0; round < rounds; round += 1) {
    together.push(await timed(matrix([])))
    alone.push(await timed(matrix(['--parallel', '1'])))
  }
  const faster = median(together.map((time, round) => (alone[round] ?? 0) / time))
  return {
    what: `${files.length} test files of the demo on Postgres 13 to 18, side by side on ${availableParallelism()} cores, against one version after the other: how many times faster`,
    ours: median(together),
    theirs: median(alone),
    ratio: faster,
    unit: 'ms',
    target: '≥ 1.5 ×',
    reached: faster >= 1.5,
  }
}

/** From nothing to a leased lane in each of six stacks. */
async function startUp(): Promise<Row> {
  const times: number[] = []
  for (let round = 0; round <= rounds; round += 1) {
    const begun = performance.now()
    const stacks = await Promise.all(
      majors.map((version) => lease({ postgres: postgres({ version }) }, 'shared', 1, 'native')),
    )
    times.push(performance.now() - begun)
    await Promise.all(stacks.map((stack) => stack[Symbol.asyncDispose]()))
  }
  // The first has made what is kept between runs.
  const time = median(times.slice(1))
  return {
    what: 'six versions of Postgres started together, each to its first lane, with engines and templates cached',
    ours: time,
    unit: 'ms',
    target: '≤ 2,000 ms',
    reached: time <= 2_000,
  }
}
