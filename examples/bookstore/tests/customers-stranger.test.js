const supertest = require('supertest')
const app = require('../src/app.js')

const api = supertest(app)

test('nobody is nobody', async () => {
  expect((await api.get('/customers/1')).status).toBe(404)
  expect((await api.delete('/customers/1')).status).toBe(404)
  expect((await api.post('/customers/1/addresses').send({ city: 'Oslo', street: 'x' })).status).toBe(409)
})
