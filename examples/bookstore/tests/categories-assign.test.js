const supertest = require('supertest')
const app = require('../src/app.js')
const { many } = require('../src/db.js')
const { book, category } = require('./support/factories.js')

const api = supertest(app)

test('to put a book into a category twice is to do it once', async () => {
  const { id } = await category('Travel')
  const { id: bookId } = await book('In Patagonia')
  for (let time = 0; time < 2; time += 1) expect((await api.put(`/categories/${id}/books/${bookId}`)).status).toBe(204)
  expect(await many('SELECT * FROM book_categories')).toEqual([{ book_id: bookId, category_id: id }])
})
