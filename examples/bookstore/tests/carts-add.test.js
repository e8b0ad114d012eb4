const supertest = require('supertest')
const app = require('../src/app.js')
const { book, customer } = require('./support/factories.js')

const api = supertest(app)

test('a book is put into the cart', async () => {
  const { id } = await customer()
  const dune = await book('Dune', { price: 1000 })
  const { status, body } = await api.post(`/carts/${id}/items`).send({ bookId: dune.id })
  expect(status).toBe(201)
  expect(body).toEqual({ items: [{ book: dune.id, title: 'Dune', quantity: 1, sum: 1000 }], total: 1000 })
})
