import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { guests, sign } from '../src/guestbook.ts'
import { redis } from '../src/redis.ts'

after(() => redis.quit())

test('nobody has signed yet', async () => {
  assert.deepEqual(await guests(), [])
})

test('one may sign twice', async () => {
  await sign('Ada')
  await sign('Ada')
  assert.deepEqual(await guests(), ['Ada', 'Ada'])
})
