const supertest = require('supertest')
const app = require('../src/app.js')
const { book, cart, customer } = require('./support/factories.js')

const api = supertest(app)

test('the newest order comes first', async () => {
  const ann = await customer()
  for (const title of ['Dune', 'Emma', 'Solaris']) {
    await cart(ann, [await book(title), 1])
    await api.post('/orders').send({ customerId: ann.id })
  }
  expect((await api.get(`/orders/of/${ann.id}`)).body.map(({ id }) => id)).toEqual([3, 2, 1])
})
