import { beforeEach, expect, test } from 'vitest'
import { bulletinsAfter, dropAllBulletins, publish } from '../src/bulletins.ts'

beforeEach(dropAllBulletins)

test('readers get every bulletin once, in order', async () => {
  let place = '0'
  for (let round = 1; round <= 100; round += 1) {
    await publish(`first of ${round}`)
    await publish(`second of ${round}`)
    const news = await bulletinsAfter(place, 1_000)
    expect(news.map(({ text }) => text)).toEqual([`first of ${round}`, `second of ${round}`])
    place = news.at(-1)?.id ?? place
  }
})

test('no news is no news', async () => {
  const place = await publish('the last bulletin')
  expect(await bulletinsAfter('0', 600)).toHaveLength(1)
  expect(await bulletinsAfter(place, 1_200)).toEqual([])
  const next = bulletinsAfter(place, 5_000)
  await publish('one more')
  expect(await next).toMatchObject([{ text: 'one more' }])
})
