/** Four shards of one suite at once: on one machine, and on two with one Docker engine. */
import { execa } from 'execa'
import { describe, expect, test, vi } from 'vitest'
import { lackingForDocker } from '../docker.ts'
import { long } from '../long.ts'
import { redisClient, redisConfig, redisSpec, vitestConfig } from './files.ts'
import { type Outcome, openProject, Project } from './project.ts'
import { runnerFolder } from './runner.ts'

const shards = [1, 2, 3, 4] as const
const lacking = await lackingForDocker('valkey/valkey:9')

// Four runs at once take long on few cores.
vi.setConfig({ testTimeout: 180_000 })

/** Each file waits until all shards are at work and it is told to go on; by then everyone has written into a lane. */
const spec = `import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
${redisSpec(`
test('has the lane for itself', async () => {
  expect(await redis.keys('*')).toEqual([])
  const mine = process.env.SHARD + '-' + crypto.randomUUID()
  await redis.set(mine, '1')
  mkdirSync('meeting', { recursive: true })
  writeFileSync('meeting/' + mine, process.env.REDIS_PORT)
  const shards = () => new Set(readdirSync('meeting').map((name) => name[0])).size
  await expect.poll(shards, { timeout: 40_000 }).toBe(4)
  await expect.poll(() => existsSync('go'), { timeout: 40_000 }).toBe(true)
  for (let round = 0; round < 20; round += 1) expect(await redis.keys('*')).toEqual([mine])
}, 90_000)
`)}`

async function openSharded(): Promise<Project> {
  return openProject('vitest-5', {
    'isolane.config.ts': redisConfig(),
    'vitest.config.ts': vitestConfig('maxWorkers: 2'),
    'redis.ts': redisClient,
    ...Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`${index}.spec.ts`, spec])),
  })
}

function runShard(project: Project, runtime: string, shard: number): Promise<Outcome> {
  const report = ['--reporter=blob', `--outputFile.blob=reports/${shard}.json`]
  return project.run([`--shard=${shard}/4`, ...report], { env: { SHARD: String(shard), ISOLANE_RUNTIME: runtime } })
}

/** The shards that have written into a lane, with the ports of their servers. */
function met(project: Project): Map<string, string> {
  const names = project.list('.').includes('meeting') ? project.list('meeting') : []
  return new Map(names.map((name) => [name.charAt(0), project.read(`meeting/${name}`)]))
}

/** Also what has stopped. */
async function containersOf({ root }: Project): Promise<string> {
  if (lacking) return ''
  const filter = `label=io.github.isolane.project=${root}`
  return (await execa('docker', ['ps', '--all', '--quiet', '--filter', filter])).stdout
}

test.skipIf(long)(
  `each has servers of its own, runs its part, and leaves nothing; their reports become one${long}`,
  async () => {
    await using project = await openSharded()
    project.write('go', '')
    const outcomes = await Promise.all(shards.map((shard) => runShard(project, 'native', shard)))
    for (const { code, output, passed } of outcomes) {
      expect(code, output).toBe(0)
      expect(passed).toHaveLength(2)
    }
    expect(new Set(met(project).values()).size).toBe(4)

    const merged = await project.run(['--merge-reports=reports'])
    expect(merged.code, merged.output).toBe(0)
    expect(merged.passed).toHaveLength(8)
    // For that no database is needed.
    expect(merged.output).not.toContain('isolane stack')
    await project.expectNothingLeft()
  },
)

/** @param removed what `isolane gc` says for each server that it removes. */
async function expectOthersSpared(machines: readonly Project[], runtime: string, removed: RegExp): Promise<void> {
  const [home, ...elsewhere] = machines
  if (!home) throw new Error('there is no machine')
  const [victim, ...others] = shards
  const env = { SHARD: String(victim), ISOLANE_RUNTIME: runtime }
  const killed = home.start(['run', `--shard=${victim}/4`], { env })
  const running = others.map((shard) => runShard(machines[shard % machines.length] ?? home, runtime, shard))
  const tooEarly = running.map(async (run) => expect.fail(`a shard ended early:\n${(await run).output}`))
  await Promise.race([...tooEarly, expect.poll(() => met(home).size, { timeout: 40_000 }).toBe(4)])
  expect(new Set(met(home).values()).size).toBe(4)
  killed.signal('SIGKILL')
  await killed.ended
  for (const machine of elsewhere) expect((await machine.cli('gc')).output).not.toMatch(removed)
  const { code, output } = await home.cli('gc')
  expect(code, output).toBe(0)
  expect(output.match(removed), output).toHaveLength(1)
  home.write('go', '')
  for (const outcome of await Promise.all(running)) {
    expect(outcome.code, outcome.output).toBe(0)
    expect(outcome.passed).toHaveLength(2)
  }
  for (const machine of machines) await machine.expectNothingLeft()
  expect(await containersOf(home)).toBe('')
}

describe('one that is killed leaves the others alone, and so does whoever clears up after it', () => {
  test('as local processes', async () => {
    await using project = await openSharded()
    await expectOthersSpared([project], 'native', /^removed .*server, pid \d+$/gm)
  })

  test.skipIf(lacking || long)(`in Docker, from two machines with one engine${lacking || long}`, async () => {
    await using project = await openSharded()
    // The same checkout, and a state folder of its own: that is what another machine is to the engine.
    await using elsewhere = new Project(runnerFolder('vitest-5'), project.root)
    await expectOthersSpared([project, elsewhere], 'docker', /^removed container /gm)
  })
})
