import { expect, test } from 'vitest'
import { balance, open, transfer } from '../src/ledger.ts'

test('money goes from one account to another', async () => {
  await open('Ada', 100)
  await open('Grace')
  await transfer('Ada', 'Grace', 30)
  expect([await balance('Ada'), await balance('Grace')]).toEqual([70, 30])
})

test('nobody gets what another has not', async () => {
  await expect(transfer('Ada', 'Grace', 71)).rejects.toThrow(/check constraint/)
  expect([await balance('Ada'), await balance('Grace')]).toEqual([70, 30])
})
