const supertest = require('supertest')
const app = require('../src/app.js')

const api = supertest(app)

test('a book needs an author that there is', async () => {
  const orphan = { isbn: '9780141439587', title: 'Emma', authorId: 7, price: 899, published: 1815 }
  const { status, body } = await api.post('/books').send(orphan)
  expect(status).toBe(409)
  expect(body.error).toMatch(/books_author_id_fkey/)
})
