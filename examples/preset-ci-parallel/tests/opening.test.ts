import { expect, test } from 'vitest'
import { balance, open } from '../src/ledger.ts'

test('an account begins empty', async () => {
  await open('Ada')
  expect(await balance('Ada')).toBe(0)
})

test('a name has one account', async () => {
  await expect(open('Ada')).rejects.toThrow(/duplicate key/)
})
