import assert from 'node:assert/strict'
import { it } from 'mocha'
import { guests, sign } from '../src/guestbook.ts'

it('whoever signs is counted', async () => {
  assert.equal(await sign('Ada'), 1)
  assert.equal(await sign('Grace'), 2)
})

it('guests stand in the order in which they signed', async () => {
  await sign('Grace')
  await sign('Ada')
  assert.deepEqual(await guests(), ['Grace', 'Ada'])
})
