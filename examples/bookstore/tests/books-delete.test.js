const supertest = require('supertest')
const app = require('../src/app.js')
const { book } = require('./support/factories.js')

const api = supertest(app)

test('a book is deleted once', async () => {
  const { id } = await book('Dune')
  expect((await api.delete(`/books/${id}`)).status).toBe(204)
  expect((await api.delete(`/books/${id}`)).status).toBe(404)
  expect((await api.get('/reports/inventory')).body.titles).toBe(0)
})
