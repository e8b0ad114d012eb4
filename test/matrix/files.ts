/** Four test files that can only pass in lanes that are clean and their own. */
import type { Project } from '../vitest/project.ts'

export const names = ['a', 'b', 'c', 'd'] as const

/** What a test file needs besides its runner, as a module. */
export const imports = `
import { appendFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { Redis } from 'ioredis'
`

/** Told apart by shard, as each has workers of its own. */
const meeting = "'meeting-' + (process.env.SHARD ?? '0')"

export interface LonelyTest {
  /** How the runner's `expect` and `test`, `ioredis` and `node:fs` come in. */
  readonly imports: string
  /** How many files must have come together, this one included, before it looks at its lane again. */
  readonly company?: 1 | 2
  /** Tells a rerun from the run before it. */
  readonly round?: 'run' | 'rerun'
}

/** Its test leaves a mark in its lane, waits for company and still sees only its own. Then it adds a line to `log`. */
export function lonelyTest(name: string, { imports, company = 2, round = 'run' }: LonelyTest): string {
  return `${imports}
test('${name} has a clean lane for itself', async () => {
  const redis = new Redis(process.env.REDIS_URL)
  expect(await redis.keys('*')).toEqual([])
  await redis.set('mark-${name}', '1')
  mkdirSync(${meeting}, { recursive: true })
  writeFileSync(${meeting} + '/${name}', '')
  while (readdirSync(${meeting}).length < ${company}) await new Promise((resolve) => setTimeout(resolve, 10))
  for (let look = 0; look < 10; look += 1) expect(await redis.keys('*')).toEqual(['mark-${name}'])
  redis.disconnect()
  appendFileSync('log', '${name} ${round} ' + process.env.REDIS_PORT + '\\n')
}, 60_000)
`
}

/** The lines of `log`. */
export function log(project: Project): string[] {
  return project.read('log').trim().split('\n')
}

/** One for each server there was. */
export function ports(project: Project): string[] {
  return [...new Set(log(project).map((line) => line.split(' ')[2] ?? ''))]
}
