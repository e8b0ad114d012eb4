const supertest = require('supertest')
const app = require('../src/app.js')
const { author } = require('./support/factories.js')

const api = supertest(app)

test('an author is corrected', async () => {
  const { id } = await author('Stanislav Lem')
  const { body } = await api.patch(`/authors/${id}`).send({ name: 'Stanisław Lem' })
  expect(body).toEqual({ id, name: 'Stanisław Lem', born: null })
  expect((await api.patch('/authors/99').send({ born: 1921 })).status).toBe(404)
})
