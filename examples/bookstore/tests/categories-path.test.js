const supertest = require('supertest')
const app = require('../src/app.js')
const { category } = require('./support/factories.js')

const api = supertest(app)

test('a category knows the way to it', async () => {
  const fiction = await category('Fiction')
  const crime = await category('Crime', fiction.id)
  const noir = await category('Noir', crime.id)
  expect((await api.get(`/categories/${noir.id}/path`)).body).toEqual({ path: 'Fiction / Crime / Noir' })
  expect((await api.get('/categories/99/path')).status).toBe(404)
})
