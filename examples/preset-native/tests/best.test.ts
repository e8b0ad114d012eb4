import { expect, test } from 'vitest'
import { best, record } from '../src/scores.ts'

test('nobody has played', async () => {
  expect(await best(3)).toEqual([])
})

test('the best come first, with their best result', async () => {
  await record('Ada', 30)
  await record('Grace', 40)
  await record('Ada', 50)
  await record('Ada', 10)
  expect(await best(3)).toEqual(['Ada', 'Grace'])
})
