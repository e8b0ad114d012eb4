import assert from 'node:assert/strict'
import { it } from 'mocha'
import { guests, sign } from '../src/guestbook.ts'

it('nobody has signed yet', async () => {
  assert.deepEqual(await guests(), [])
})

it('one may sign twice', async () => {
  await sign('Ada')
  await sign('Ada')
  assert.deepEqual(await guests(), ['Ada', 'Ada'])
})
