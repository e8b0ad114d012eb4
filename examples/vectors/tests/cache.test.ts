import { expect, test } from 'vitest'
import { publish, related } from '../src/articles.ts'
import { redis } from '../src/cache.ts'

const madeira = { id: 1, title: 'Madeira', text: 'An island, and the sea around it' }

test('an answer is kept', async () => {
  await publish([madeira])
  expect(await redis.dbsize()).toBe(0)
  await related('island')
  expect(await redis.keys('*')).toEqual(['cache:3:island'])
})

test('a new article makes old answers void', async () => {
  await publish([madeira])
  expect(await related('train')).toEqual(['Madeira'])
  await publish([{ id: 2, title: 'Trieste', text: 'A train that climbs' }])
  expect(await related('train', 1)).toEqual(['Trieste'])
})
