import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { serviceContract } from '../../../src/contract-tests/service.ts'
import { cacheFolder } from '../../../src/core/folders.ts'
import { silent } from '../../../src/core/report.ts'
import { Run } from '../../../src/core/run.ts'
import { createDockerRuntime } from '../../../src/runtimes/docker/index.ts'
import { type RedisLane, type RedisOptions, redis } from '../../../src/services/redis/index.ts'
import { lackingForDocker } from '../../docker.ts'
import { connect } from './fixture.ts'

const lacking = await lackingForDocker('redis:7', 'valkey/valkey:9')

describe.skipIf(lacking)(`Redis in Docker${lacking}`, () => {
  for (const version of ['7', 'valkey@9']) {
    serviceContract<RedisLane>(
      `redis, ${version} in a container`,
      async () => {
        const root = mkdtempSync(join(tmpdir(), 'isolane-redis-test-'))
        writeFileSync(join(root, 'seed.txt'), 'what the seed depends on')
        const run = new Run(join(root, 'runs'), root)
        return {
          runtime: createDockerRuntime({ run, cacheFolder: cacheFolder(), report: silent }),
          root,
          definition: redis({ version, seed: { run: seed, inputs: ['seed.txt'] } }),
          seeded: 1,
          write: async (lane) => {
            using client = connect(lane)
            await client.set(`written:${crypto.randomUUID()}`, '1')
          },
          count: async (lane) => {
            using client = connect(lane)
            expect(await client.info('server')).toContain(version === '7' ? 'redis_version:7.' : 'valkey_version:9.')
            return await client.dbsize()
          },
          damage: async (lane) => {
            using client = connect(lane)
            await client.multi().del('seeded').set('other', '1').set('another', '1').exec()
          },
          dispose: async () => {
            run.end()
            rmSync(root, { recursive: true, force: true })
          },
        }
      },
      { lanes: 64 },
    )
  }
})

test.each<[RedisOptions, image: string, program: string]>([
  [{}, 'valkey/valkey:9', 'valkey-server'],
  [{ version: 'valkey@8' }, 'valkey/valkey:8', 'valkey-server'],
  [{ version: '7' }, 'redis:7', 'redis-server'],
  [{ image: 'registry.example/valkey-bundle:9' }, 'registry.example/valkey-bundle:9', 'valkey-server'],
  [{ image: 'registry.example/redis:8' }, 'registry.example/redis:8', 'redis-server'],
])('%o runs %s', (options, image, program) => {
  const { container } = specOf(options)
  expect(container).toMatchObject({ image, command: [program, '/isolane/redis.conf'] })
})

test('the password is in no argument of a container', () => {
  const { command, ready } = specOf({}).container ?? {}
  expect(JSON.stringify([command, ready])).not.toMatch(/\{password\}|a-secret/)
})

function specOf(options: RedisOptions) {
  const { service, options: checked } = redis(options)
  const { signal } = new AbortController()
  const context = { name: 'cache', root: import.meta.dirname, maximumLanes: 4, report: silent, signal }
  return service.spec(checked, { ...context, credentials: { username: 'isolane_admin', password: 'a-secret' } })
}

async function seed({ lane }: { lane: RedisLane }): Promise<void> {
  using client = connect(lane)
  await client.set('seeded', '1')
}
