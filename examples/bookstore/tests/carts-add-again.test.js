const supertest = require('supertest')
const app = require('../src/app.js')
const { book, customer } = require('./support/factories.js')

const api = supertest(app)

test('the same book again makes more of it', async () => {
  const { id } = await customer()
  const dune = await book('Dune', { price: 1000 })
  for (const quantity of [1, 2]) await api.post(`/carts/${id}/items`).send({ bookId: dune.id, quantity })
  expect((await api.get(`/carts/${id}`)).body).toMatchObject({ items: [{ quantity: 3 }], total: 3000 })
})
