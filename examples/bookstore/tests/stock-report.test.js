const supertest = require('supertest')
const app = require('../src/app.js')
const { book } = require('./support/factories.js')

const api = supertest(app)

test('what runs low is told, and there is never less than nothing', async () => {
  const dune = await book('Dune', { stock: 4 })
  await book('Emma', { stock: 0 })
  await book('Solaris', { stock: 9 })
  expect((await api.post(`/stock/${dune.id}`).send({ change: -2, reason: 'water' })).body).toEqual({ stock: 2 })
  expect((await api.post(`/stock/${dune.id}`).send({ change: -3, reason: 'fire' })).status).toBe(409)
  expect((await api.get('/stock/low/5')).body).toEqual([
    { title: 'Emma', stock: 0 },
    { title: 'Dune', stock: 2 },
  ])
  expect((await api.get(`/stock/${dune.id}/movements`)).body).toEqual([{ change: -2, reason: 'water' }])
})
