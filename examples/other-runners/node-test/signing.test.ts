import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { guests, sign } from '../src/guestbook.ts'
import { redis } from '../src/redis.ts'

after(() => redis.quit())

test('whoever signs is counted', async () => {
  assert.equal(await sign('Ada'), 1)
  assert.equal(await sign('Grace'), 2)
})

test('guests stand in the order in which they signed', async () => {
  assert.deepEqual(await guests(), ['Ada', 'Grace'])
})
