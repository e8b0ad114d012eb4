const supertest = require('supertest')
const app = require('../src/app.js')
const { book, customer } = require('./support/factories.js')

const api = supertest(app)

test('wishes are listed and counted', async () => {
  const [ann, ben] = [await customer('Ann'), await customer('Ben')]
  const [dune, emma] = [await book('Dune', { stock: 0 }), await book('Emma')]
  for (const path of [`${ann.id}/${dune.id}`, `${ann.id}/${emma.id}`, `${ben.id}/${dune.id}`, `${ben.id}/${dune.id}`])
    await api.put(`/wishes/${path}`)
  expect((await api.get(`/wishes/${ann.id}`)).body).toEqual([
    { title: 'Dune', available: false },
    { title: 'Emma', available: true },
  ])
  expect((await api.get('/wishes')).body[0]).toEqual({ title: 'Dune', wishes: 2 })
})
