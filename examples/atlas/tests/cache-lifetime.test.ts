import { expect, test } from 'vitest'
import { cached } from '../src/cache.ts'
import { factSheet } from '../src/fact-sheets.ts'
import { memory } from '../src/memory.ts'
import { rows } from '../src/rows.ts'

test('an answer is kept for its lifetime and computed anew after it', async () => {
  await memory().flushdb()
  let computed = 0
  const ask = () => cached('how often', [], async () => (computed += 1), 750)
  for (let time = 1; time <= 20; time += 1) expect(await ask()).toBe(1)
  await expect.poll(ask, { timeout: 5_000, interval: 20 }).toBe(2)
  expect(await memory().dbsize()).toBe(1)
})

test('a fact sheet may be out of date, but not for long', async () => {
  await memory().flushdb()
  await rows().query(`UPDATE countries SET name = 'Peru' WHERE code = 'PER'`)
  expect((await factSheet('PER', 750))?.name).toBe('Peru')
  await rows().query(`UPDATE countries SET name = 'Land of the Incas' WHERE code = 'PER'`)
  expect((await factSheet('PER', 750))?.name).toBe('Peru')
  await expect
    .poll(async () => (await factSheet('PER', 750))?.name, { timeout: 5_000, interval: 20 })
    .toBe('Land of the Incas')
})
