const supertest = require('supertest')
const app = require('../src/app.js')
const { many } = require('../src/db.js')
const { book, cart, customer } = require('./support/factories.js')

const api = supertest(app)

test('who leaves is forgotten, what they bought is not', async () => {
  const ann = await customer('Ann')
  await api.post(`/customers/${ann.id}/addresses`).send({ city: 'Oslo', street: 'Storgata 2' })
  await cart(ann, [await book('Dune'), 1])
  await api.post('/orders').send({ customerId: ann.id })
  expect((await api.delete(`/customers/${ann.id}`)).status).toBe(204)
  expect((await api.get(`/customers/${ann.id}`)).body).toMatchObject({ name: 'deleted', addresses: [] })
  expect(await many('SELECT customer_id FROM orders')).toEqual([{ customer_id: ann.id }])
})
