import { beforeAll, expect, test } from 'vitest'
import { publish, related } from '../src/articles.ts'

beforeAll(() =>
  publish([
    { id: 1, title: 'Madeira', text: 'An island, and the sea around it' },
    { id: 2, title: 'Zermatt', text: 'Snow on the mountain, and no train to the top but one' },
    { id: 3, title: 'Trieste', text: 'A city at the sea, with a train that climbs' },
  ]),
)

test('finds the article that is about the same things', async () => {
  expect(await related('the sea, an island', 1)).toEqual(['Madeira'])
})

test('puts the nearest first', async () => {
  expect(await related('snow and more snow on a mountain')).toEqual(['Zermatt', expect.anything(), expect.anything()])
})
