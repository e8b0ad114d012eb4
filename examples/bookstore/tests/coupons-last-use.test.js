const supertest = require('supertest')
const app = require('../src/app.js')
const { book, cart, coupon, customer } = require('./support/factories.js')

const api = supertest(app)

test('a coupon for one use is used once', async () => {
  await coupon('ONCE', 50)
  const dune = await book('Dune', { stock: 2 })
  const customers = [await customer('Ann'), await customer('Ben')]
  for (const one of customers) await cart(one, [dune, 1])
  const orders = customers.map(({ id }) => api.post('/orders').send({ customerId: id, coupon: 'ONCE' }))
  expect((await Promise.all(orders)).map(({ status }) => status).sort()).toEqual([201, 409])
  expect((await api.get(`/books/${dune.id}`)).body.stock).toBe(1)
})
