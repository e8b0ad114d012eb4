const supertest = require('supertest')
const app = require('../src/app.js')
const { book, cart, customer } = require('./support/factories.js')

const api = supertest(app)

test('who spends most comes first', async () => {
  const dune = await book('Dune', { price: 1000, stock: 99 })
  for (const [name, quantity] of [
    ['Ann', 1],
    ['Ben', 7],
    ['Cleo', 3],
  ]) {
    const one = await customer(name)
    await cart(one, [dune, quantity])
    await api.post('/orders').send({ customerId: one.id })
  }
  const { body } = await api.get('/reports/best-customers')
  expect(body.map(({ name, spent }) => `${name} ${spent}`)).toEqual(['Ben 7000', 'Cleo 3000', 'Ann 1000'])
})
