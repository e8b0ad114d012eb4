const supertest = require('supertest')
const app = require('../src/app.js')
const { book, cart, customer } = require('./support/factories.js')

const api = supertest(app)

test('a cancelled order gives its books back', async () => {
  const ann = await customer()
  const dune = await book('Dune', { stock: 3 })
  await cart(ann, [dune, 3])
  await api.post('/orders').send({ customerId: ann.id })
  await api.put('/orders/1/status').send({ status: 'cancelled' })
  expect((await api.get(`/books/${dune.id}`)).body.stock).toBe(3)
  expect((await api.get('/reports/revenue')).body).toEqual({ orders: 0, revenue: 0 })
})
