const supertest = require('supertest')
const app = require('../src/app.js')
const { author } = require('./support/factories.js')

const api = supertest(app)

test('books that are incomplete are refused', async () => {
  const { id: authorId } = await author()
  const valid = { isbn: '9780141439587', title: 'Emma', authorId, price: 899, published: 1815 }
  const invalid = [{ isbn: '12' }, { price: 0 }, { price: -5 }, { published: null }]
  for (const change of invalid) expect((await api.post('/books').send({ ...valid, ...change })).status).toBe(400)
  expect((await api.get('/books')).body).toEqual([])
})
