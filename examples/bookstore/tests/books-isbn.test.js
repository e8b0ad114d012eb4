const supertest = require('supertest')
const app = require('../src/app.js')
const { book } = require('./support/factories.js')

const api = supertest(app)

test('a book is found by its ISBN', async () => {
  const { isbn, title } = await book('Solaris')
  expect((await api.get(`/books/isbn/${isbn}`)).body.title).toBe(title)
  expect((await api.get('/books/isbn/9999999999999')).status).toBe(404)
})
