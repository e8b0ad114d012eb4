/** Two whole runs of one project at once. */
import { expect, test } from 'vitest'
import { long } from '../long.ts'
import { redisClient, redisConfig, redisSpec, vitestConfig } from './files.ts'
import { openProject, type Project } from './project.ts'

const filesPerRun = 8

/** Each file waits until both runs are at work; by then every worker has written into its lane. */
const spec = redisSpec(`
test('has the lane for itself', async () => {
  expect(await redis.keys('*')).toEqual([])
  const mine = process.env.RUN + crypto.randomUUID()
  await redis.set(mine, '1')
  mkdirSync('meeting', { recursive: true })
  writeFileSync('meeting/' + mine, process.env.REDIS_PORT)
  const runs = () => new Set(readdirSync('meeting').map((name) => name[0])).size
  await expect.poll(runs, { timeout: 30_000 }).toBe(2)
  for (let round = 0; round < 20; round += 1) expect(await redis.keys('*')).toEqual([mine])
}, 40_000)
`)

function files(): Record<string, string> {
  const text = `import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'\n${spec}`
  return {
    'isolane.config.ts': redisConfig(),
    'vitest.config.ts': vitestConfig('maxWorkers: 3'),
    'redis.ts': redisClient,
    ...Object.fromEntries(Array.from({ length: filesPerRun }, (_, index) => [`${index}.spec.ts`, text])),
  }
}

async function runTwice(project: Project): Promise<void> {
  const outcomes = await Promise.all(['A', 'B'].map((RUN) => project.run([], { env: { RUN } })))
  for (const { code, output, passed } of outcomes) {
    expect(code, output).toBe(0)
    expect(passed).toHaveLength(filesPerRun)
  }
}

function ports(project: Project): Set<string> {
  return new Set(project.list('meeting').map((name) => project.read(`meeting/${name}`)))
}

test.skipIf(long)(`on one stack that is up: no lane is shared, and the stack stays up${long}`, async () => {
  await using project = await openProject('vitest-5', files())
  const up = await project.cli('up')
  expect(up.code, up.output).toBe(0)
  const before = await status(project)
  await runTwice(project)
  expect(ports(project).size).toBe(1)
  const after = await status(project)
  expect(after.services[0]?.pids).toEqual(before.services[0]?.pids)
  expect(after.pool.leases.count).toBe(2 * filesPerRun)
  expect((await project.cli('down')).code).toBe(0)
  await project.expectNothingLeft()
})

test('each with a stack of its own', async () => {
  await using project = await openProject('vitest-5', files())
  await runTwice(project)
  expect(ports(project).size).toBe(2)
  await project.expectNothingLeft()
})

interface Status {
  readonly services: readonly { readonly pids: readonly number[] }[]
  readonly pool: { readonly leases: { readonly count: number } }
}

async function status(project: Project): Promise<Status> {
  const { code, output } = await project.cli('status', '--json')
  expect(code, output).toBe(0)
  return JSON.parse(output) as Status
}
