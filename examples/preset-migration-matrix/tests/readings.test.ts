import { expect, test } from 'vitest'
import { average, latest, record } from '../src/readings.ts'

test('each sensor has its latest reading', async () => {
  await record('attic', '2030-01-01T10:00Z', 18)
  await record('attic', '2030-01-01T11:00Z', 20)
  await record('cellar', '2030-01-01T09:00Z', 9)
  expect(await latest()).toEqual({ attic: 20, cellar: 9 })
})

test('and its average', async () => {
  expect(await average('attic')).toBe(19)
})
