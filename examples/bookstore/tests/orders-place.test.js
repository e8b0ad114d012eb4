const supertest = require('supertest')
const app = require('../src/app.js')
const { book, cart, customer } = require('./support/factories.js')

const api = supertest(app)

test('an order takes what is in the cart', async () => {
  const ann = await customer()
  await cart(ann, [await book('Dune', { price: 1000 }), 2], [await book('Emma', { price: 500 }), 1])
  const { status, body } = await api.post('/orders').send({ customerId: ann.id })
  expect(status).toBe(201)
  expect(body).toEqual({ id: 1, customer_id: ann.id, coupon_id: null, status: 'placed', total: 2500 })
  expect((await api.get(`/carts/${ann.id}`)).body.items).toEqual([])
})
