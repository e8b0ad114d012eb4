const supertest = require('supertest')
const app = require('../src/app.js')
const { book, cart, customer } = require('./support/factories.js')

const api = supertest(app)

test('bestsellers do not count what was cancelled', async () => {
  const [dune, emma] = [await book('Dune', { stock: 50 }), await book('Emma', { stock: 50 })]
  for (const [name, quantity] of [
    ['Ann', 3],
    ['Ben', 4],
  ]) {
    const one = await customer(name)
    await cart(one, [dune, quantity], [emma, 5])
    await api.post('/orders').send({ customerId: one.id })
  }
  await api.put('/orders/1/status').send({ status: 'cancelled' })
  expect((await api.get('/reports/bestsellers')).body).toEqual([
    { title: 'Emma', sold: 5 },
    { title: 'Dune', sold: 4 },
  ])
})
