import { beforeEach, expect, test } from 'vitest'
import { memory } from '../src/memory.ts'
import { collect, post, waitingPostcards } from '../src/postcards.ts'

beforeEach(() => memory().del('letterbox'))

test('postcards come out in the order they went in, and none gets lost', async () => {
  for (let number = 1; number <= 200; number += 1) await post({ from: 'ISL', to: 'NZL', text: `card ${number}` })
  expect(await waitingPostcards()).toBe(200)
  for (let number = 1; number <= 200; number += 1) {
    expect(await collect(1_000)).toEqual({ from: 'ISL', to: 'NZL', text: `card ${number}` })
    expect(await waitingPostcards()).toBe(200 - number)
  }
  expect(await waitingPostcards()).toBe(0)
})

test('an empty letterbox makes the postman wait', async () => {
  const since = performance.now()
  expect(await collect(1_200)).toBeUndefined()
  expect(performance.now() - since).toBeGreaterThan(700)
  const soon = collect(5_000)
  await post({ from: 'MEX', to: 'IND', text: 'at last' })
  expect(await soon).toMatchObject({ text: 'at last' })
})
