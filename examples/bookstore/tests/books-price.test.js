const supertest = require('supertest')
const app = require('../src/app.js')
const { book } = require('./support/factories.js')

const api = supertest(app)

test('a price changes, but not to nonsense', async () => {
  const { id } = await book('Dune', { price: 1000 })
  expect((await api.put(`/books/${id}/price`).send({ price: 1100 })).body.price).toBe(1100)
  expect((await api.put(`/books/${id}/price`).send({ price: -1 })).status).toBe(400)
  expect((await api.get(`/books/${id}`)).body.price).toBe(1100)
})
