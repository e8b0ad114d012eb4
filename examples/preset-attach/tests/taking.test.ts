import { expect, test } from 'vitest'
import { inStock, store, take } from '../src/stock.ts'

test('what is taken is gone', async () => {
  await store('bolt', 10)
  await take('bolt', 10)
  expect(await inStock()).toEqual({})
})

test('no more can be taken than there is', async () => {
  await expect(take('bolt', 1)).rejects.toThrow(/check constraint/)
})
