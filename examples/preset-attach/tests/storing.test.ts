import { expect, test } from 'vitest'
import { inStock, store } from '../src/stock.ts'

test('what is stored twice adds up', async () => {
  await store('bolt', 10)
  await store('bolt', 5)
  await store('nut', 1)
  expect(await inStock()).toEqual({ bolt: 15, nut: 1 })
})
