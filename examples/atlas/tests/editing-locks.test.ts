import { beforeEach, expect, test } from 'vitest'
import { lockForEditing, unlock } from '../src/locks.ts'
import { memory } from '../src/memory.ts'

beforeEach(() => memory().flushdb())

test('of many editors, one gets the country', async () => {
  for (const code of ['KEN', 'TZA', 'UGA', 'RWA', 'BDI', 'ETH', 'SOM', 'DJI', 'ERI', 'SSD']) {
    const tokens = await Promise.all(Array.from({ length: 50 }, () => lockForEditing(code, 60_000)))
    const token = tokens.find((given) => given !== undefined) ?? ''
    expect(tokens.filter((given) => given !== undefined)).toHaveLength(1)
    expect(await unlock(code, 'someone else')).toBe(false)
    expect(await memory().dbsize()).toBe(1)
    expect(await unlock(code, token)).toBe(true)
  }
  expect(await memory().dbsize()).toBe(0)
})

test('a forgotten lock opens by itself, and its old token is worth nothing', async () => {
  const old = await lockForEditing('CAN', 1_100)
  expect(await lockForEditing('CAN', 1_100)).toBeUndefined()
  await expect.poll(() => lockForEditing('CAN', 60_000), { timeout: 5_000, interval: 20 }).toBeDefined()
  expect(await unlock('CAN', old ?? '')).toBe(false)
  expect(await memory().keys('lock:*')).toEqual(['lock:CAN'])
})
