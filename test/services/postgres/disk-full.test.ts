import { expect, test } from 'vitest'
import type { Instance } from '../../../src/core/contracts.ts'
import { diskFull } from '../../../src/services/postgres/disk-full.ts'
import type { Server } from '../../../src/services/postgres/server.ts'

const server = { admin: { host: 'db.internal', port: 5432 }, dataFolder: '/data/17' } as Server

const instance = (parts: Partial<Instance>): Instance => ({
  endpoint: { host: 'db.internal', ports: {}, credentials: { username: '', password: '' } },
  owned: true,
  origin: 'postgres:17 in the container isolane-1',
  logs: async () => '',
  ended: new Promise(() => {}),
  [Symbol.asyncDispose]: async () => {},
  ...parts,
})

const full = Object.assign(new Error('could not extend file "base/1/2"'), { code: '53100' })

test('says what is full, and keeps what the server said', async () => {
  const error = await diskFull(new Error('the seed failed', { cause: full }), server, instance({}))
  expect(error?.message).toBe(
    'No space is left in /data/17 of postgres:17 in the container isolane-1: free some there, seed less, or use fewer lanes [ISOLANE_DISK_FULL]\n  the seed failed',
  )
  expect(error?.cause).toMatchObject({ cause: full })
})

test('a server that is not ours is named by its address', async () => {
  const error = await diskFull(full, server, instance({ owned: false }))
  expect(error?.message).toMatch(
    /^PostgreSQL at db\.internal:5432 has no space left: .*\[ISOLANE_DISK_FULL\]\n {2}could not extend/,
  )
})

test('a server that ended for want of room has said so in its log', async () => {
  const lost = new Error('Connection terminated unexpectedly')
  const logs = async () => 'PANIC:  could not write to file "pg_wal/xlogtemp.9": No space left on device'
  expect((await diskFull(lost, server, instance({ logs })))?.code).toBe('ISOLANE_DISK_FULL')
  expect(await diskFull(lost, server, instance({}))).toBeUndefined()
  expect(await diskFull(new Error('no'), server, instance({ logs }))).toBeUndefined()
})
