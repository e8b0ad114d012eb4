const supertest = require('supertest')
const app = require('../src/app.js')
const { book, cart, coupon, customer } = require('./support/factories.js')

const api = supertest(app)

test('a coupon takes its percent off', async () => {
  const ann = await customer()
  await coupon('SPRING', 15)
  await cart(ann, [await book('Dune', { price: 999 }), 1])
  const { body } = await api.post('/orders').send({ customerId: ann.id, coupon: 'spring' })
  expect(body).toMatchObject({ coupon_id: 1, total: 849 })
  expect((await api.get('/coupons')).body).toEqual([])
})
