import { expect, test } from 'vitest'
import { rank, record } from '../src/scores.ts'

test('ranks begin at one', async () => {
  await record('Grace', 40)
  expect(await rank('Grace')).toBe(1)
})

test('who has not played has none', async () => {
  expect(await rank('Ada')).toBeUndefined()
})
