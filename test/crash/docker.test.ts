import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isAlive, type ProcessIdentity } from '../../src/core/process-identity.ts'
import type { StackStatus } from '../../src/core/stack.ts'
import { config, packageFolder } from '../cli/sandbox.ts'
import { lackingForDocker } from '../docker.ts'
import { long } from '../long.ts'
import { containersWith, docker } from '../runtimes/docker-fixture.ts'
import { cities, greenRun, lease, openPorts, openRun, sandboxOf } from './runs.ts'

const lacking = await lackingForDocker('postgres:17', 'redis:7')

const redisOnly = "redis: redis({ version: 'redis@7' })"
const postgresOnly = "postgres: postgres({ version: '17', migrations: './migrations' })"
const inDocker = { env: { ISOLANE_RUNTIME: 'docker' } }
const source = join(packageFolder, 'src', 'index.ts')

function dockerSandbox(chosen: string) {
  return sandboxOf([], { files: { 'isolane.config.ts': config(chosen, '', source) } })
}

describe.skipIf(lacking)(`a stack in Docker${lacking}`, () => {
  test.skipIf(long)(`the owner is killed: gc leaves no container, and no record${long}`, async () => {
    await using sandbox = dockerSandbox(redisOnly)
    const run = await openRun(sandbox, inDocker)
    expect(await ours(sandbox.root)).toHaveLength(1)
    await run.program.kill()
    const { code, stdout } = await sandbox.cli(['gc', '--yes'])
    expect({ code, removed: stdout.match(/^removed container isolane-/gm)?.length }).toEqual({ code: 0, removed: 1 })
    expect(await ours(sandbox.root)).toEqual([])
    await sandbox.expectNothingLeft()
  })

  test.skipIf(long)(
    `two owners are killed: the next run removes what they left, and nothing of another project${long}`,
    async () => {
      await using sandbox = dockerSandbox(redisOnly)
      await using neighbour = dockerSandbox(redisOnly)
      const living = await openRun(neighbour, inDocker)
      for (const run of await Promise.all([openRun(sandbox, inDocker), openRun(sandbox, inDocker)]))
        await run.program.kill()
      expect(await ours(sandbox.root)).toHaveLength(2)
      expect(await greenRun(sandbox, inDocker)).toContain('removed what an earlier run left')
      expect(await ours(sandbox.root)).toEqual([])
      await sandbox.expectNothingLeft()
      expect(await openPorts(living.services)).toHaveLength(1)
      living.program.type('end\n')
      expect((await living.program.ended).code).toBe(0)
    },
  )

  test.skipIf(long)(
    `a stack that was up is killed: gc leaves its data to the next one, \`down --data\` to nobody${long}`,
    async () => {
      await using sandbox = dockerSandbox(postgresOnly)
      await using _volumes = { [Symbol.asyncDispose]: () => removeVolumes(sandbox.root) }
      expect(await sandbox.cli(['up'], inDocker)).toMatchObject({ code: 0 })
      const { value } = await sandbox.json(['status', '--json'], inDocker)
      const { owner, services } = value as StackStatus & { owner: ProcessIdentity }
      const origin = expect.stringMatching(/^postgres:17 in the container isolane-postgres-/)
      expect(services).toMatchObject([{ name: 'postgres', runtime: 'docker', origin }])
      // What has no process here is asked of the engine.
      expect(services[0]?.memoryBytes).toBeGreaterThan(1_000_000)
      expect((await sandbox.cli(['logs', 'postgres'], inDocker)).stdout).toContain('ready to accept connections')
      process.kill(owner.pid, 'SIGKILL')
      await expect.poll(() => isAlive(owner)).toBe(false)
      const gc = await sandbox.cli(['gc', '--yes'], inDocker)
      expect(gc).toMatchObject({ code: 0, stdout: expect.stringMatching(/^removed container isolane-postgres-/m) })
      expect(await ours(sandbox.root)).toEqual([])
      expect(await volumes(sandbox.root)).toHaveLength(1)

      expect(await sandbox.cli(['up'], inDocker)).toMatchObject({ code: 0 })
      expect(await sandbox.cli(['down'], inDocker)).toMatchObject({ code: 0, stdout: 'The stack is down.' })
      rmSync(join(sandbox.stateFolder, 'kept'), { recursive: true })
      expect(await sandbox.cli(['up'], inDocker)).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(
          /password authentication failed .*`isolane down --data`.*ISOLANE_SERVER_UNREACHABLE/,
        ),
      })
      expect(await ours(sandbox.root)).toEqual([])

      const down = await sandbox.cli(['down', '--data'], inDocker)
      expect(down).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^removed volume isolane-default-postgres-\S+$/),
      })
      expect(await volumes(sandbox.root)).toEqual([])
      expect(await sandbox.cli(['down', '--data'], inDocker)).toMatchObject({ code: 0, stdout: 'No data were kept.' })
      await sandbox.expectNothingLeft()
    },
    120_000,
  )

  test('doctor tells of the engine and of the images, and misses no local program', async () => {
    await using sandbox = dockerSandbox(
      "redis: redis({ image: 'isolane.invalid/cache:1' }), postgres: postgres({ version: '17' })",
    )
    const env = { ISOLANE_RUNTIME: 'docker', PATH: '/nonexistent' }
    const { code, stdout } = await sandbox.cli(['doctor'], { env })
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ok +Docker: \S+ at \S+/m) })
    expect(stdout).toMatch(/^ok +postgres: the image postgres:17 is there$/m)
    expect(stdout).toMatch(/^note +redis: the image isolane\.invalid\/cache:1 is not there yet/m)
    expect(stdout).not.toMatch(/redis \S+ is not here/)
    const { code: without, stdout: told } = await sandbox.cli(['doctor'], {
      env: { ...env, DOCKER_HOST: 'unix:///nowhere/docker.sock' },
    })
    expect(without).toBe(4)
    expect(told).toMatch(
      /^FAILED +Docker: no container engine answers: there is no unix:\/\/\/nowhere\/docker\.sock \(DOCKER_HOST\)$/m,
    )
  })

  test.skipIf(long)(
    `a container is killed in the middle: its lanes say so, and the next ones are on a new one${long}`,
    async () => {
      await using sandbox = dockerSandbox(postgresOnly)
      const run = await openRun(sandbox, inDocker)
      const [before] = await serving(sandbox.root, 'postgres')
      await docker('kill', before ?? '')
      await expect.poll(() => serving(sandbox.root, 'postgres')).not.toEqual([before])
      await run.program.says(/ended unasked and is started again: .*was ended by SIGKILL/)
      using leased = await lease(run)
      expect(await cities(leased.lane)).toEqual(['Oslo'])
      leased.client.close()
      run.program.type('end\n')
      expect((await run.program.ended).code).toBe(0)
      expect(await ours(sandbox.root)).toEqual([])
      await sandbox.expectNothingLeft()
    },
  )
})

function ours(root: string): Promise<string[]> {
  return containersWith(`io.github.isolane.project=${root}`)
}

async function volumes(root: string): Promise<string[]> {
  const names = await docker('volume', 'ls', '--quiet', '--filter', `label=io.github.isolane.project=${root}`)
  return names.split('\n').filter(Boolean)
}

async function removeVolumes(root: string): Promise<void> {
  const left = await volumes(root)
  if (left.length > 0) await docker('volume', 'rm', ...left)
}

async function serving(root: string, service: string): Promise<string[]> {
  return (await ours(root)).filter((name) => name.startsWith(`isolane-${service}-`))
}
