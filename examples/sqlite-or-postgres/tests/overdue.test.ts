import { expect, test } from 'vitest'
import { lend, overdue } from '../src/library.ts'

test('no other test file’s loans are there', async () => {
  expect(await overdue('2099-01-01')).toEqual([])
})

test('lists what should have come back, longest first', async () => {
  await lend('978-0', 'Ada', '2030-01-02')
  await lend('978-1', 'Ben', '2030-01-01')
  await lend('978-1', 'Cleo', '2030-01-09')
  expect(await overdue('2030-01-03')).toEqual([
    { title: 'Lighthouses of the North', reader: 'Ben' },
    { title: 'A Short History of Tides', reader: 'Ada' },
  ])
})
