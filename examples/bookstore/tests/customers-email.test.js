const supertest = require('supertest')
const app = require('../src/app.js')
const { customer } = require('./support/factories.js')

const api = supertest(app)

test('an e-mail address belongs to one customer', async () => {
  await customer('Ann')
  expect((await api.post('/customers').send({ name: 'Other', email: 'ANN@example.com' })).status).toBe(409)
  expect((await api.post('/customers').send({ name: 'Other', email: 'nowhere' })).status).toBe(400)
})
