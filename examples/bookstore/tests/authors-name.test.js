const supertest = require('supertest')
const app = require('../src/app.js')

const api = supertest(app)

test('an author without a name is refused', async () => {
  const { status, body } = await api.post('/authors').send({ born: 1900 })
  expect(status).toBe(400)
  expect(body).toEqual({ error: 'an author needs a name' })
  expect((await api.get('/authors')).body).toEqual([])
})
