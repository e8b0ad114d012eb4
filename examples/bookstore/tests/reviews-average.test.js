const supertest = require('supertest')
const app = require('../src/app.js')
const { book, customer } = require('./support/factories.js')

const api = supertest(app)

test('a book has the average of its stars', async () => {
  const { id: bookId } = await book('Dune')
  for (const [name, stars] of [
    ['Ann', 5],
    ['Ben', 4],
    ['Cleo', 3],
    ['Dan', 2],
  ])
    await api.post('/reviews').send({ bookId, customerId: (await customer(name)).id, stars })
  expect((await api.get(`/reviews/of/${bookId}`)).body.average).toBe(3.5)
})
