const { Router } = require('express')
const { many, one } = require('../db.js')
const { HttpError, notFound } = require('../errors.js')

const router = Router()

router.post('/', async (request, response) => {
  const { email, name } = request.body
  if (!email?.includes('@')) throw new HttpError(400, 'that is no e-mail address')
  const sql = 'INSERT INTO customers (email, name) VALUES (lower($1), $2) RETURNING *'
  response.status(201).json(await one(sql, [email, name]))
})

router.get('/:id', async (request, response) => {
  const customer = await one('SELECT * FROM customers WHERE id = $1', [request.params.id])
  if (!customer) throw notFound('customer')
  const addresses = await many('SELECT city, street FROM addresses WHERE customer_id = $1 ORDER BY id', [customer.id])
  response.json({ ...customer, addresses })
})

router.post('/:id/addresses', async (request, response) => {
  const { city, street } = request.body
  const sql = 'INSERT INTO addresses (customer_id, city, street) VALUES ($1, $2, $3) RETURNING *'
  response.status(201).json(await one(sql, [request.params.id, city, street]))
})

/** What was sold stays on record, without the person. */
router.delete('/:id', async (request, response) => {
  const { id } = request.params
  await one('DELETE FROM addresses WHERE customer_id = $1', [id])
  const sql = "UPDATE customers SET name = 'deleted', email = 'deleted-' || id WHERE id = $1 RETURNING id"
  if (!(await one(sql, [id]))) throw notFound('customer')
  response.status(204).end()
})

module.exports = router
