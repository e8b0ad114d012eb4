import { expect, test } from 'vitest'
import { balance, open, transfer } from '../src/ledger.ts'

test('transfers at once lose nothing', async () => {
  await open('Ada', 10)
  await open('Grace')
  await Promise.all(Array.from({ length: 10 }, () => transfer('Ada', 'Grace', 1)))
  expect([await balance('Ada'), await balance('Grace')]).toEqual([0, 10])
})
