const supertest = require('supertest')
const app = require('../src/app.js')
const { many } = require('../src/db.js')
const { book, publisher } = require('./support/factories.js')

const api = supertest(app)

test('a publisher takes over another with all its books', async () => {
  const [ace, baen] = [await publisher('Ace'), await publisher('Baen')]
  await book('Dune', { publisher: baen.id })
  expect((await api.post(`/publishers/${ace.id}/take-over/${baen.id}`)).body).toEqual({ moved: 1 })
  expect(await many('SELECT name FROM publishers')).toEqual([{ name: 'Ace' }])
  expect(await many('SELECT publisher_id FROM books')).toEqual([{ publisher_id: ace.id }])
})
