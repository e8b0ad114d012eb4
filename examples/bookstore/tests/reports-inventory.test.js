const supertest = require('supertest')
const app = require('../src/app.js')
const { book } = require('./support/factories.js')

const api = supertest(app)

test('the inventory has a value', async () => {
  expect((await api.get('/reports/inventory')).body).toEqual({ titles: 0, copies: 0, value: 0 })
  await book('Dune', { stock: 3, price: 1000 })
  await book('Emma', { stock: 2, price: 450 })
  expect((await api.get('/reports/inventory')).body).toEqual({ titles: 2, copies: 5, value: 3900 })
})
