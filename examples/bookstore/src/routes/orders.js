const { Router } = require('express')
const { many, one, transaction } = require('../db.js')
const { HttpError, notFound } = require('../errors.js')
const { takeCoupon } = require('./coupons.js')
const { moveStock } = require('./stock.js')

const router = Router()
const next = { placed: ['paid', 'cancelled'], paid: ['shipped', 'cancelled'], shipped: [], cancelled: [] }

/** Makes an order of what is in the customer's cart. */
router.post('/', async (request, response) => {
  const { customerId, coupon: code } = request.body
  const order = await transaction(async (client) => {
    const sql = `SELECT b.id, b.title, b.price, b.stock, c.quantity FROM cart_items c JOIN books b ON b.id = c.book_id
      WHERE c.customer_id = $1 ORDER BY b.id FOR UPDATE OF b`
    const items = await many(sql, [customerId], client)
    if (items.length === 0) throw new HttpError(409, 'the cart is empty')
    const sum = items.reduce((total, { price, quantity }) => total + price * quantity, 0)
    const coupon = code ? await takeCoupon(client, code) : undefined
    const total = Math.round((sum * (100 - (coupon?.percent ?? 0))) / 100)
    const placed = await one(
      'INSERT INTO orders (customer_id, coupon_id, total) VALUES ($1, $2, $3) RETURNING *',
      [customerId, coupon?.id ?? null, total],
      client,
    )
    for (const { id, title, price, stock, quantity } of items) {
      if (stock < quantity) throw new HttpError(409, `${title} is sold out`)
      await moveStock(client, id, -quantity, `order ${placed.id}`)
      await one('INSERT INTO order_items VALUES ($1, $2, $3, $4)', [placed.id, id, quantity, price], client)
    }
    await one('DELETE FROM cart_items WHERE customer_id = $1', [customerId], client)
    return placed
  })
  response.status(201).json(order)
})

router.get('/:id', async (request, response) => {
  const order = await one('SELECT * FROM orders WHERE id = $1', [request.params.id])
  if (!order) throw notFound('order')
  const items = await many('SELECT * FROM order_items WHERE order_id = $1 ORDER BY book_id', [order.id])
  response.json({ ...order, items })
})

router.get('/of/:customer', async (request, response) => {
  response.json(await many('SELECT * FROM orders WHERE customer_id = $1 ORDER BY id DESC', [request.params.customer]))
})

router.put('/:id/status', async (request, response) => {
  const { status } = request.body
  const changed = await transaction(async (client) => {
    const order = await one('SELECT * FROM orders WHERE id = $1 FOR UPDATE', [request.params.id], client)
    if (!order) throw notFound('order')
    if (!next[order.status].includes(status))
      throw new HttpError(409, `an order that is ${order.status} can't be ${status}`)
    if (status === 'cancelled') await giveBack(client, order)
    if (status === 'paid') {
      const points = Math.floor(order.total / 100)
      await one('UPDATE customers SET points = points + $2 WHERE id = $1', [order.customer_id, points], client)
    }
    return one('UPDATE orders SET status = $2 WHERE id = $1 RETURNING *', [order.id, status], client)
  })
  response.json(changed)
})

async function giveBack(client, order) {
  const items = await many('SELECT * FROM order_items WHERE order_id = $1', [order.id], client)
  for (const { book_id, quantity } of items) await moveStock(client, book_id, quantity, `order ${order.id} cancelled`)
}

module.exports = router
