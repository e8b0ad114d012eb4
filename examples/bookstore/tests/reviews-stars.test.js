const supertest = require('supertest')
const app = require('../src/app.js')
const { book, customer } = require('./support/factories.js')

const api = supertest(app)

test('there are one to five stars', async () => {
  const [{ id: customerId }, { id: bookId }] = [await customer(), await book('Dune')]
  for (const stars of [0, 6, 2.5, '5', undefined])
    expect((await api.post('/reviews').send({ bookId, customerId, stars })).status).toBe(400)
  expect((await api.get(`/reviews/of/${bookId}`)).body).toEqual({ average: null, reviews: [] })
})
