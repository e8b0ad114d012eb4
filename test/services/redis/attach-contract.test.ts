import { expect } from 'vitest'
import { serviceContract } from '../../../src/contract-tests/service.ts'
import { createAttachRuntime } from '../../../src/runtimes/attach/index.ts'
import { type RedisLane, redis } from '../../../src/services/redis/index.ts'
import { startStranger } from './attach-fixture.ts'
import { connect } from './fixture.ts'

for (const version of ['valkey@9', '6.2']) {
  serviceContract<RedisLane>(`redis attached, ${version}`, async () => {
    const stranger = await startStranger({ version, databases: 64 })
    const before = await stranger.contents()
    return {
      runtime: createAttachRuntime(),
      definition: redis({
        url: stranger.url,
        databases: { from: 4, to: 63 },
        seed: async ({ lane }) => {
          using client = connect(lane)
          await client.multi().set('seeded', '1').hset('hash', 'name', 'seeded').exec()
        },
      }),
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
        const after = await stranger.contents()
        await stranger[Symbol.asyncDispose]()
        expect(after).toEqual(before)
      },
    }
  })
}
