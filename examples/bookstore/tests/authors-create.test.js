const supertest = require('supertest')
const app = require('../src/app.js')

const api = supertest(app)

test('an author is created', async () => {
  const { status, body } = await api.post('/authors').send({ name: 'Octavia Butler', born: 1947 })
  expect(status).toBe(201)
  expect(body).toEqual({ id: 1, name: 'Octavia Butler', born: 1947 })
})
