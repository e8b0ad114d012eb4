const supertest = require('supertest')
const app = require('../src/app.js')
const { book, customer } = require('./support/factories.js')

const api = supertest(app)

test('everybody has one opinion of a book', async () => {
  const [{ id: customerId }, { id: bookId }] = [await customer(), await book('Dune')]
  await api.post('/reviews').send({ bookId, customerId, stars: 1 })
  expect((await api.post('/reviews').send({ bookId, customerId, stars: 5 })).status).toBe(409)
  expect((await api.get(`/reviews/of/${bookId}`)).body.average).toBe(1)
})
