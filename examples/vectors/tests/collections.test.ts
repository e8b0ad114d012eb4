import { expect, test } from 'vitest'
import { publish, store } from '../src/articles.ts'

test('no other test file’s collections are there', async () => {
  expect(await store.collections()).toEqual([])
})

test('the first article makes the collection', async () => {
  await publish([{ id: 1, title: 'Madeira', text: 'An island' }])
  expect(await store.collections()).toEqual(['articles'])
})

test('a collection of another size can be made: nobody else’s is called the same', async () => {
  await store.create('sketches', 2)
  await store.put('sketches', [{ id: 1, vector: [1, 0], payload: { title: 'A line' } }])
  expect(await store.nearest('sketches', [1, 0.1], 5)).toHaveLength(1)
})
