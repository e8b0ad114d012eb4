const supertest = require('supertest')
const app = require('../src/app.js')
const { author, book } = require('./support/factories.js')

const api = supertest(app)

test('a book is shown with its author', async () => {
  const { id: by } = await author('Mary Shelley')
  const { id } = await book('Frankenstein', { by, price: 750 })
  expect((await api.get(`/books/${id}`)).body).toMatchObject({
    title: 'Frankenstein',
    author: 'Mary Shelley',
    price: 750,
  })
  expect((await api.get('/books/2')).status).toBe(404)
})
