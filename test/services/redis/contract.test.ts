import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serviceContract } from '../../../src/contract-tests/service.ts'
import { cacheFolder } from '../../../src/core/folders.ts'
import { silent } from '../../../src/core/report.ts'
import { Run } from '../../../src/core/run.ts'
import { createNativeRuntime } from '../../../src/runtimes/native/index.ts'
import { type RedisLane, redis } from '../../../src/services/redis/index.ts'
import { connect } from './fixture.ts'

for (const version of ['valkey@9', '6.2']) {
  serviceContract<RedisLane>(
    `redis, ${version}`,
    async () => {
      const root = mkdtempSync(join(tmpdir(), 'isolane-redis-test-'))
      writeFileSync(join(root, 'seed.txt'), 'what the seed depends on')
      const run = new Run(join(root, 'runs'), root)
      return {
        runtime: createNativeRuntime({ run, cacheFolder: cacheFolder(), report: silent }),
        root,
        definition: redis({ version, seed: { run: seed, inputs: ['seed.txt'] } }),
        seeded: 2,
        write: async (lane) => {
          using client = connect(lane)
          await client.set(`written:${crypto.randomUUID()}`, '1')
        },
        count: async (lane) => {
          using client = connect(lane)
          return await client.dbsize()
        },
        damage: async (lane) => {
          using client = connect(lane)
          await client.multi().del('seeded').set('in', 'its').set('place', '1').exec()
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

async function seed({ lane }: { lane: RedisLane }): Promise<void> {
  using client = connect(lane)
  await client.multi().set('seeded', '1').hset('hash', 'name', 'seeded').exec()
}
