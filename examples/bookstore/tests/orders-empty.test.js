const supertest = require('supertest')
const app = require('../src/app.js')
const { customer } = require('./support/factories.js')

const api = supertest(app)

test("nothing can't be ordered", async () => {
  const { id } = await customer()
  const { status, body } = await api.post('/orders').send({ customerId: id })
  expect(status).toBe(409)
  expect(body).toEqual({ error: 'the cart is empty' })
})
