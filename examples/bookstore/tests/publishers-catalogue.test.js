const supertest = require('supertest')
const app = require('../src/app.js')
const { author, book, publisher } = require('./support/factories.js')

const api = supertest(app)

test('the catalogue of a publisher has its books', async () => {
  const { id } = await publisher()
  const { id: by } = await author('Frank Herbert')
  await book('Dune', { by, publisher: id })
  await book('Children of Dune', { by, publisher: id })
  await book('Emma')
  expect((await api.get(`/publishers/${id}/catalogue`)).body).toEqual([
    { title: 'Children of Dune', author: 'Frank Herbert' },
    { title: 'Dune', author: 'Frank Herbert' },
  ])
})
