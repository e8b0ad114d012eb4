const { Router } = require('express')
const { many, one } = require('../db.js')

const router = Router()

router.put('/:customer/:book', async (request, response) => {
  const { customer, book } = request.params
  await one('INSERT INTO wishes VALUES ($1, $2) ON CONFLICT DO NOTHING', [customer, book])
  response.status(204).end()
})

router.get('/:customer', async (request, response) => {
  const sql = `SELECT b.title, b.stock > 0 AS available FROM wishes w JOIN books b ON b.id = w.book_id
    WHERE w.customer_id = $1 ORDER BY b.title`
  response.json(await many(sql, [request.params.customer]))
})

/** Books that most customers wish for. */
router.get('/', async (_request, response) => {
  const sql = `SELECT b.title, count(*)::int AS wishes FROM wishes w JOIN books b ON b.id = w.book_id
    GROUP BY b.title ORDER BY wishes DESC, b.title`
  response.json(await many(sql))
})

module.exports = router
