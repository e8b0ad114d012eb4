const supertest = require('supertest')
const app = require('../src/app.js')
const { book, publisher } = require('./support/factories.js')

const api = supertest(app)

test('books outlive their publisher', async () => {
  const { id } = await publisher()
  const dune = await book('Dune', { publisher: id })
  expect((await api.delete(`/publishers/${id}`)).status).toBe(204)
  expect((await api.get(`/books/${dune.id}`)).body.publisher_id).toBeNull()
})
