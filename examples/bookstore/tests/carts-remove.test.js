const supertest = require('supertest')
const app = require('../src/app.js')
const { book, cart, customer } = require('./support/factories.js')

const api = supertest(app)

test('a book is taken out of the cart', async () => {
  const ann = await customer()
  const [dune, emma] = [await book('Dune'), await book('Emma', { price: 300 })]
  await cart(ann, [dune, 1], [emma, 2])
  expect((await api.delete(`/carts/${ann.id}/items/${dune.id}`)).body).toMatchObject({ total: 600 })
  expect((await api.delete(`/carts/${ann.id}/items/${dune.id}`)).body).toMatchObject({ total: 600 })
})
