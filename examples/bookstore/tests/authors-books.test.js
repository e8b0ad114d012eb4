const supertest = require('supertest')
const app = require('../src/app.js')
const { author, book } = require('./support/factories.js')

const api = supertest(app)

test('the books of an author come in the order of their years', async () => {
  const { id } = await author()
  await book('Tehanu', { by: id, published: 1990 })
  await book('A Wizard of Earthsea', { by: id, published: 1968 })
  await book('Emma')
  const { body } = await api.get(`/authors/${id}/books`)
  expect(body.map(({ title }) => title)).toEqual(['A Wizard of Earthsea', 'Tehanu'])
})
