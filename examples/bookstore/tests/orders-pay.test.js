const supertest = require('supertest')
const app = require('../src/app.js')
const { book, cart, customer } = require('./support/factories.js')

const api = supertest(app)

test('who pays gets points', async () => {
  const ann = await customer()
  await cart(ann, [await book('Dune', { price: 1250 }), 1])
  await api.post('/orders').send({ customerId: ann.id })
  expect((await api.put('/orders/1/status').send({ status: 'paid' })).body.status).toBe('paid')
  expect((await api.get(`/customers/${ann.id}`)).body.points).toBe(12)
})
