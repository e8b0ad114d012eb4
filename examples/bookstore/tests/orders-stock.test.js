const supertest = require('supertest')
const app = require('../src/app.js')
const { book, cart, customer } = require('./support/factories.js')

const api = supertest(app)

test('an order takes books from the stock', async () => {
  const ann = await customer()
  const dune = await book('Dune', { stock: 5 })
  await cart(ann, [dune, 3])
  await api.post('/orders').send({ customerId: ann.id })
  expect((await api.get(`/books/${dune.id}`)).body.stock).toBe(2)
  expect((await api.get(`/stock/${dune.id}/movements`)).body).toEqual([{ change: -3, reason: 'order 1' }])
})
