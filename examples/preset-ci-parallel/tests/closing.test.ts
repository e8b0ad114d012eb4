import { expect, test } from 'vitest'
import { balance, close, open } from '../src/ledger.ts'

test('an empty account can be closed', async () => {
  await open('Ada')
  await close('Ada')
  expect(await balance('Ada')).toBeUndefined()
})

test('one with money in it can not', async () => {
  await open('Grace', 1)
  await expect(close('Grace')).rejects.toThrow('not empty')
})
