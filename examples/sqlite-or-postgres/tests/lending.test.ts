import { expect, test } from 'vitest'
import { available, giveBack, lend } from '../src/library.ts'

test('every copy can be lent once', async () => {
  await lend('978-1', 'Ada', '2030-01-01')
  expect(await available('978-1')).toBe(1)
  await lend('978-1', 'Ben', '2030-01-01')
  await expect(lend('978-1', 'Cleo', '2030-01-01')).rejects.toThrow('No copy of 978-1 is left')
})

test('nobody has two copies of a book', async () => {
  await giveBack('978-1', 'Ben')
  await expect(lend('978-1', 'Ada', '2030-02-01')).rejects.toThrow(/unique/i)
})

test('a book that is given back can be lent again', async () => {
  await giveBack('978-1', 'Ada')
  expect(await available('978-1')).toBe(2)
})
