import { beforeEach, expect, test } from 'vitest'
import { memory } from '../src/memory.ts'
import { arrive, present, presentAnywhere } from '../src/presence.ts'

beforeEach(() => memory().flushdb())

test('who falls silent is gone, who calls again is not', async () => {
  await arrive('PRY', 'resident', 60_000)
  for (let traveller = 100; traveller < 140; traveller += 1) {
    await arrive('BRA', `t${traveller}`, 900)
    expect(await present('PRY')).toEqual(['resident'])
  }
  expect(await present('BRA')).toHaveLength(40)
  await expect
    .poll(
      async () => {
        await arrive('BRA', 'caller', 900)
        expect(await present('PRY')).toEqual(['resident'])
        return present('BRA')
      },
      { timeout: 5_000, interval: 50 },
    )
    .toEqual(['caller'])
  expect(await presentAnywhere()).toBe(2)
})

test('an empty planet', async () => {
  for (let traveller = 1; traveller <= 30; traveller += 1) await arrive('NZL', `t${traveller}`, 700)
  expect(await presentAnywhere()).toBe(30)
  await expect.poll(presentAnywhere, { timeout: 5_000, interval: 50 }).toBe(0)
})
