const supertest = require('supertest')
const app = require('../src/app.js')
const { book, cart, customer } = require('./support/factories.js')

const api = supertest(app)

test('an order goes its way, and not back', async () => {
  const ann = await customer()
  await cart(ann, [await book('Dune'), 1])
  await api.post('/orders').send({ customerId: ann.id })
  const set = async (status) => (await api.put('/orders/1/status').send({ status })).status
  expect(await set('shipped')).toBe(409)
  expect(await set('paid')).toBe(200)
  expect(await set('shipped')).toBe(200)
  expect(await set('cancelled')).toBe(409)
  expect((await api.put('/orders/2/status').send({ status: 'paid' })).status).toBe(404)
})
