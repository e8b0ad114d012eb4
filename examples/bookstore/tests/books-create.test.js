const supertest = require('supertest')
const app = require('../src/app.js')
const { author } = require('./support/factories.js')

const api = supertest(app)

test('a book is created, with none in stock', async () => {
  const { id } = await author('Jane Austen')
  const emma = { isbn: '9780141439587', title: 'Emma', authorId: id, price: 899, published: 1815 }
  const { status, body } = await api.post('/books').send(emma)
  expect(status).toBe(201)
  expect(body).toMatchObject({ id: 1, title: 'Emma', author_id: id, publisher_id: null, stock: 0 })
})
