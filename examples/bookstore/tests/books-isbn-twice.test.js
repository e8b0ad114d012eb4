const supertest = require('supertest')
const app = require('../src/app.js')
const { book } = require('./support/factories.js')

const api = supertest(app)

test('an ISBN belongs to one book', async () => {
  const { isbn, author_id: authorId } = await book('Solaris')
  const copy = { isbn, title: 'Solaris again', authorId, price: 500, published: 1961 }
  expect((await api.post('/books').send(copy)).status).toBe(409)
  expect((await api.get('/books')).body).toHaveLength(1)
})
