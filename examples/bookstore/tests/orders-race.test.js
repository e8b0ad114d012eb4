const supertest = require('supertest')
const app = require('../src/app.js')
const { book, cart, customer } = require('./support/factories.js')

const api = supertest(app)

test('of two who want the last copy one gets it', async () => {
  const [ann, ben] = [await customer('Ann'), await customer('Ben')]
  const last = await book('The last one', { stock: 1 })
  await cart(ann, [last, 1])
  await cart(ben, [last, 1])
  const answers = await Promise.all([ann, ben].map(({ id }) => api.post('/orders').send({ customerId: id })))
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409])
  expect((await api.get(`/books/${last.id}`)).body.stock).toBe(0)
})
