const supertest = require('supertest')
const app = require('../src/app.js')
const { book, cart, customer } = require('./support/factories.js')

const api = supertest(app)

test("an order that can't be met leaves no trace", async () => {
  const ann = await customer()
  const [dune, rare] = [await book('Dune', { stock: 5 }), await book('Rare', { stock: 1 })]
  await cart(ann, [dune, 1], [rare, 2])
  const { status, body } = await api.post('/orders').send({ customerId: ann.id })
  expect(status).toBe(409)
  expect(body).toEqual({ error: 'Rare is sold out' })
  expect((await api.get(`/books/${dune.id}`)).body.stock).toBe(5)
  expect((await api.get('/reports/revenue')).body.orders).toBe(0)
})
