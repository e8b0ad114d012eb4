const supertest = require('supertest')
const app = require('../src/app.js')
const { book, category } = require('./support/factories.js')

const api = supertest(app)

test('a category has the books of those below it', async () => {
  const fiction = await category('Fiction')
  const crime = await category('Crime', fiction.id)
  const poems = await category('Poems')
  const [sleep, iliad] = [await book('The Big Sleep'), await book('Iliad')]
  await api.put(`/categories/${crime.id}/books/${sleep.id}`)
  await api.put(`/categories/${poems.id}/books/${iliad.id}`)
  expect((await api.get(`/categories/${fiction.id}/books`)).body).toEqual([{ id: sleep.id, title: 'The Big Sleep' }])
})
