const supertest = require('supertest')
const app = require('../src/app.js')
const { book, customer } = require('./support/factories.js')

const api = supertest(app)

test('no more than there are get into a cart', async () => {
  const { id } = await customer()
  const rare = await book('Gutenberg Bible', { stock: 1 })
  const { status, body } = await api.post(`/carts/${id}/items`).send({ bookId: rare.id, quantity: 2 })
  expect(status).toBe(409)
  expect(body).toEqual({ error: 'only 1 in stock' })
  expect((await api.get(`/carts/${id}`)).body.total).toBe(0)
})
