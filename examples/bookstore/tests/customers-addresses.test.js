const supertest = require('supertest')
const app = require('../src/app.js')
const { customer } = require('./support/factories.js')

const api = supertest(app)

test('a customer may have several addresses', async () => {
  const { id } = await customer()
  await api.post(`/customers/${id}/addresses`).send({ city: 'Oslo', street: 'Karl Johans gate 1' })
  await api.post(`/customers/${id}/addresses`).send({ city: 'Bergen', street: 'Bryggen 3' })
  expect((await api.get(`/customers/${id}`)).body.addresses).toEqual([
    { city: 'Oslo', street: 'Karl Johans gate 1' },
    { city: 'Bergen', street: 'Bryggen 3' },
  ])
})
