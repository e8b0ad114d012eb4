const supertest = require('supertest')
const app = require('../src/app.js')
const { book, customer } = require('./support/factories.js')

const api = supertest(app)

test('a book is reviewed', async () => {
  const [{ id: customerId }, { id: bookId }] = [await customer(), await book('Dune')]
  const { status, body } = await api.post('/reviews').send({ bookId, customerId, stars: 4, text: 'Sandy.' })
  expect(status).toBe(201)
  expect(body).toMatchObject({ id: 1, stars: 4, text: 'Sandy.' })
})
