const supertest = require('supertest')
const app = require('../src/app.js')
const { book, cart, customer } = require('./support/factories.js')

const api = supertest(app)

test('everybody has a cart of their own', async () => {
  const [ann, ben] = [await customer('Ann'), await customer('Ben')]
  const dune = await book('Dune', { price: 1000 })
  await cart(ann, [dune, 1])
  await cart(ben, [dune, 4])
  expect((await api.get(`/carts/${ann.id}`)).body.total).toBe(1000)
  expect((await api.get(`/carts/${ben.id}`)).body.total).toBe(4000)
})
