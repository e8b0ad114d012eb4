const { Router } = require('express')
const { many, one } = require('../db.js')

const router = Router()

router.get('/bestsellers', async (_request, response) => {
  const sql = `SELECT b.title, sum(i.quantity)::int AS sold FROM order_items i
    JOIN orders o ON o.id = i.order_id JOIN books b ON b.id = i.book_id
    WHERE o.status <> 'cancelled' GROUP BY b.title ORDER BY sold DESC, b.title LIMIT 10`
  response.json(await many(sql))
})

router.get('/revenue', async (_request, response) => {
  const sql =
    "SELECT count(*)::int AS orders, coalesce(sum(total), 0)::int AS revenue FROM orders WHERE status <> 'cancelled'"
  response.json(await one(sql))
})

router.get('/inventory', async (_request, response) => {
  const sql =
    'SELECT count(*)::int AS titles, coalesce(sum(stock), 0)::int AS copies, coalesce(sum(stock * price), 0)::int AS value FROM books'
  response.json(await one(sql))
})

router.get('/best-customers', async (_request, response) => {
  const sql = `SELECT c.name, sum(o.total)::int AS spent FROM orders o JOIN customers c ON c.id = o.customer_id
    WHERE o.status <> 'cancelled' GROUP BY c.id ORDER BY spent DESC, c.name`
  response.json(await many(sql))
})

module.exports = router
