const supertest = require('supertest')
const app = require('../src/app.js')
const { author } = require('./support/factories.js')

const api = supertest(app)

test('authors are listed by name', async () => {
  for (const name of ['Woolf', 'Austen', 'Lem']) await author(name)
  const { body } = await api.get('/authors')
  expect(body.map(({ name }) => name)).toEqual(['Austen', 'Lem', 'Woolf'])
})
