const supertest = require('supertest')
const app = require('../src/app.js')
const { author, book } = require('./support/factories.js')

const api = supertest(app)

test('an author with books stays', async () => {
  const { id } = await author()
  const { id: other } = await author('Unpublished')
  await book('The Dispossessed', { by: id })
  expect((await api.delete(`/authors/${id}`)).status).toBe(409)
  expect((await api.delete(`/authors/${other}`)).status).toBe(204)
  expect((await api.get('/authors')).body).toHaveLength(1)
})
