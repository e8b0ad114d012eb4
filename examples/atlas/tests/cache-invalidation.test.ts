import { beforeEach, expect, test } from 'vitest'
import { cached, forgetEverything, invalidate } from '../src/cache.ts'
import { memory } from '../src/memory.ts'

beforeEach(forgetEverything)

test('forgetting a subject forgets exactly the answers about it', async () => {
  const codes = Array.from({ length: 450 }, (_, index) => `C${index}`)
  for (const [index, code] of codes.entries()) {
    await cached(`size of ${code}`, [`country:${code}`, index % 3 === 0 ? 'north' : 'south'], async () => index)
  }
  expect(await memory().dbsize()).toBe(450 + 450 + 2)
  expect(await invalidate('north')).toBe(150)
  expect(await invalidate('country:C1', 'country:C2', 'country:C3')).toBe(2)
  expect((await memory().keys('answer:*')).length).toBe(298)
})

test('everything can be forgotten, again and again', async () => {
  for (let round = 1; round <= 40; round += 1) {
    await Promise.all(Array.from({ length: 100 }, (_, index) => cached(`${index}`, [], async () => round)))
    expect(await memory().dbsize()).toBe(100)
    await forgetEverything()
    expect(await memory().dbsize()).toBe(0)
  }
})
