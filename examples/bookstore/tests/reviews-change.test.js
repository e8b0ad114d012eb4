const supertest = require('supertest')
const app = require('../src/app.js')
const { book, customer } = require('./support/factories.js')

const api = supertest(app)

test('opinions change, and go', async () => {
  const [{ id: customerId }, { id: bookId }] = [await customer(), await book('Dune')]
  const { body: review } = await api.post('/reviews').send({ bookId, customerId, stars: 2, text: 'Long.' })
  expect((await api.patch(`/reviews/${review.id}`).send({ stars: 5 })).body).toMatchObject({ stars: 5, text: 'Long.' })
  expect((await api.delete(`/reviews/${review.id}`)).status).toBe(204)
  expect((await api.patch(`/reviews/${review.id}`).send({ stars: 5 })).status).toBe(404)
})
