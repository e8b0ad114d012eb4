const supertest = require('supertest')
const app = require('../src/app.js')
const { book, cart, customer } = require('./support/factories.js')

const api = supertest(app)

test('an order keeps the prices of its day', async () => {
  const ann = await customer()
  const dune = await book('Dune', { price: 1000 })
  await cart(ann, [dune, 2])
  const { body: order } = await api.post('/orders').send({ customerId: ann.id })
  await api.put(`/books/${dune.id}/price`).send({ price: 9999 })
  expect((await api.get(`/orders/${order.id}`)).body).toMatchObject({
    total: 2000,
    items: [{ book_id: dune.id, quantity: 2, price: 1000 }],
  })
})
