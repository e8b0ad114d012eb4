const supertest = require('supertest')
const app = require('../src/app.js')

const api = supertest(app)

test('addresses of e-mails are kept in small letters', async () => {
  const { body } = await api.post('/customers').send({ name: 'Bea', email: 'Bea@Example.com' })
  expect(body).toEqual({ id: 1, name: 'Bea', email: 'bea@example.com', points: 0 })
})
