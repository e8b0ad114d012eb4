const supertest = require('supertest')
const app = require('../src/app.js')
const { book, cart, customer } = require('./support/factories.js')

const api = supertest(app)

test('with a wrong coupon nothing is ordered', async () => {
  const ann = await customer()
  await cart(ann, [await book('Dune'), 1])
  const { status, body } = await api.post('/orders').send({ customerId: ann.id, coupon: 'never' })
  expect(status).toBe(409)
  expect(body).toEqual({ error: 'the coupon never is not valid' })
  expect((await api.get(`/carts/${ann.id}`)).body.items).toHaveLength(1)
})
