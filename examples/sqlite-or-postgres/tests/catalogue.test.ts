import { expect, test } from 'vitest'
import { database } from '../src/database.ts'
import { available } from '../src/library.ts'

test('the catalogue is what the migrations made', async () => {
  expect(await database.query('SELECT isbn FROM book ORDER BY isbn')).toEqual([{ isbn: '978-0' }, { isbn: '978-1' }])
})

test('an empty shelf has no copies', async () => {
  await database.query('DELETE FROM loan')
  await database.query('DELETE FROM book')
  expect(await available('978-0')).toBe(0)
})
