const supertest = require('supertest')
const app = require('../src/app.js')

const api = supertest(app)

test('an order that there is not is refused', async () => {
  const { status, body } = await api.get('/books').query({ sort: 'id; DROP TABLE books' })
  expect(status).toBe(400)
  expect(body.error).toMatch(/can't be sorted/)
})
