/** What a run of trivial test files costs with Isolane on a stack that is up, and what lanes win on the demo. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import type { Row } from './row.ts'
import { median, timed } from './statistics.ts'

const root = join(import.meta.dirname, '..')
const cli = join(root, 'dist', 'cli.js')
const rounds = 9
const files = 10

export async function benchVitest(): Promise<Row[]> {
  const folder = await mkdtemp(join(root, 'examples', '.bench-'))
  try {
    await writeProject(folder)
    await execa('node', [cli, '-C', folder, 'up', '--workers', '2'])
    const withIsolane: number[] = []
    const without: number[] = []
    await run(folder, 'with')
    for (let round = 0; round < rounds; round += 1) {
      withIsolane.push(await timed(() => run(folder, 'with')))
      without.push(await timed(() => run(folder, 'without')))
    }
    const overhead = median(withIsolane.map((time, round) => time - (without[round] ?? 0)))
    return [
      {
        what: `a Vitest run of ${files} trivial files on a stack that is up, against the same without Isolane: added`,
        ours: median(withIsolane),
        theirs: median(without),
        ratio: overhead,
        unit: 'ms',
        target: '≤ +150 ms',
        reached: overhead <= 150,
      },
    ]
  } finally {
    await execa('node', [cli, '-C', folder, 'down'], { reject: false })
    await rm(folder, { recursive: true, force: true })
  }
}

async function writeProject(folder: string): Promise<void> {
  await mkdir(join(folder, 'tests'))
  const config =
    "import { defineStack, postgres, redis } from 'isolane'\nexport default defineStack({ services: { postgres: postgres(), redis: redis() } })\n"
  await writeFile(join(folder, 'isolane.config.ts'), config)
  const common = "include: ['tests/*.test.ts'], maxWorkers: 2"
  await writeFile(
    join(folder, 'with.config.ts'),
    `import { isolane } from 'isolane/vitest'\nexport default { plugins: [isolane()], test: { ${common} } }\n`,
  )
  await writeFile(join(folder, 'without.config.ts'), `export default { test: { ${common} } }\n`)
  for (let file = 0; file < files; file += 1) {
    const text = "import { expect, test } from 'vitest'\ntest('adds', () => expect(1 + 1).toBe(2))\n"
    await writeFile(join(folder, 'tests', `trivial-${file}.test.ts`), text)
  }
}

async function run(folder: string, config: 'with' | 'without'): Promise<void> {
  await execa('vitest', ['run', '--root', folder, '--config', join(folder, `${config}.config.ts`)], {
    preferLocal: true,
    localDir: root,
    cwd: root,
  })
}

/** The demo's suite in one worker and in two, on a stack that is up: starting servers takes the same time in both. */
export async function benchDemo(): Promise<Row[]> {
  const atlas = join(root, 'examples', 'atlas')
  const one: number[] = []
  const two: number[] = []
  const demo = (workers: number) => () =>
    execa('vitest', ['run', '--root', atlas, '--maxWorkers', String(workers)], {
      preferLocal: true,
      localDir: root,
      cwd: root,
    })
  await execa('node', [cli, '-C', atlas, 'up', '--workers', '2'])
  try {
    await demo(2)()
    for (let round = 0; round < 2; round += 1) {
      one.push(await timed(demo(1)))
      two.push(await timed(demo(2)))
    }
  } finally {
    await execa('node', [cli, '-C', atlas, 'down'], { reject: false })
  }
  const faster = median(one) / median(two)
  return [
    {
      what: 'the demo suite in 2 workers, against 1: how many times faster',
      ours: median(two),
      theirs: median(one),
      ratio: faster,
      unit: 'ms',
      target: '≥ 1.6 ×',
      reached: faster >= 1.6,
    },
  ]
}
