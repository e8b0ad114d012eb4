import { beforeEach, expect, test } from 'vitest'
import { memory } from '../src/memory.ts'
import { openSession, openSessions, useSession } from '../src/sessions.ts'

beforeEach(() => memory().flushdb())

test('sessions end by themselves', async () => {
  const short = await Promise.all(Array.from({ length: 40 }, (_, traveller) => openSession(traveller, 700)))
  const long = await Promise.all(Array.from({ length: 25 }, (_, traveller) => openSession(traveller, 60_000)))
  expect(await openSessions()).toBe(65)
  await expect.poll(openSessions, { timeout: 5_000, interval: 20 }).toBe(25)
  expect(await useSession(short[0] ?? '')).toBeUndefined()
  expect(await useSession(long[7] ?? '')).toBe(7)
})

test('a session in use lasts', async () => {
  const idle = await openSession(1, 800)
  const busy = await openSession(2, 800)
  await expect
    .poll(async () => [await useSession(busy), await memory().exists(`session:${idle}`)], {
      timeout: 5_000,
      interval: 20,
    })
    .toEqual([2, 0])
  expect(await openSessions()).toBe(1)
})
