const { Router } = require('express')
const { many, one } = require('../db.js')
const { HttpError, notFound } = require('../errors.js')

const router = Router()

async function cartOf(customer) {
  const sql = `SELECT b.id AS book, b.title, c.quantity, c.quantity * b.price AS sum
    FROM cart_items c JOIN books b ON b.id = c.book_id WHERE c.customer_id = $1 ORDER BY b.title`
  const items = await many(sql, [customer])
  return { items, total: items.reduce((total, item) => total + item.sum, 0) }
}

router.get('/:customer', async (request, response) => {
  response.json(await cartOf(request.params.customer))
})

router.post('/:customer/items', async (request, response) => {
  const { bookId, quantity = 1 } = request.body
  const book = await one('SELECT stock FROM books WHERE id = $1', [bookId])
  if (!book) throw notFound('book')
  if (book.stock < quantity) throw new HttpError(409, `only ${book.stock} in stock`)
  const sql = `INSERT INTO cart_items AS c (customer_id, book_id, quantity) VALUES ($1, $2, $3)
    ON CONFLICT (customer_id, book_id) DO UPDATE SET quantity = c.quantity + excluded.quantity`
  await one(sql, [request.params.customer, bookId, quantity])
  response.status(201).json(await cartOf(request.params.customer))
})

router.delete('/:customer/items/:book', async (request, response) => {
  const { customer, book } = request.params
  await one('DELETE FROM cart_items WHERE customer_id = $1 AND book_id = $2', [customer, book])
  response.json(await cartOf(customer))
})

module.exports = router
