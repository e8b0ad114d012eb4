const supertest = require('supertest')
const app = require('../src/app.js')
const { many } = require('../src/db.js')
const { book, publisher } = require('./support/factories.js')

const api = supertest(app)

test('taking over nobody changes nothing', async () => {
  const { id } = await publisher()
  await book('Dune', { publisher: id })
  expect((await api.post(`/publishers/${id}/take-over/99`)).status).toBe(404)
  expect(await many('SELECT publisher_id FROM books')).toEqual([{ publisher_id: id }])
})
