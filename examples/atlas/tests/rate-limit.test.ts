import { beforeEach, expect, test } from 'vitest'
import { memory } from '../src/memory.ts'
import { mayAsk } from '../src/rate-limit.ts'

beforeEach(() => memory().del('requests'))

test('as many requests as agreed in one window, then none until the next', async () => {
  for (let round = 1; round <= 4; round += 1) {
    const answers = await Promise.all(Array.from({ length: 30 }, () => mayAsk(20, 350)))
    expect(answers.filter(Boolean)).toHaveLength(20)
    await expect.poll(() => memory().exists('requests'), { timeout: 5_000, interval: 20 }).toBe(0)
  }
})

test('the limit is counted exactly under a rush', async () => {
  const answers = await Promise.all(Array.from({ length: 3_000 }, () => mayAsk(2_500, 60_000)))
  expect(answers.filter(Boolean)).toHaveLength(2_500)
})
