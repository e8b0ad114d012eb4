const { Router } = require('express')
const { many, one } = require('../db.js')
const { HttpError, notFound } = require('../errors.js')

const router = Router()
const orders = { title: 'title', price: 'price, title', newest: 'published DESC, title' }

router.get('/', async (request, response) => {
  const { sort = 'title', page = 1, size = 20 } = request.query
  if (!Object.hasOwn(orders, sort)) throw new HttpError(400, `books can't be sorted by ${sort}`)
  const offset = (Number(page) - 1) * Number(size)
  response.json(await many(`SELECT * FROM books ORDER BY ${orders[sort]} LIMIT $1 OFFSET $2`, [size, offset]))
})

router.post('/', async (request, response) => {
  const { isbn, title, authorId, publisherId = null, price, published } = request.body
  if (!/^\d{13}$/.test(isbn ?? '')) throw new HttpError(400, 'an ISBN has 13 digits')
  if (!(price > 0)) throw new HttpError(400, 'a book has a price')
  const sql = `INSERT INTO books (isbn, title, author_id, publisher_id, price, published)
    VALUES ($1, $2, $3, $4, $5, $6) RETURNING *`
  response.status(201).json(await one(sql, [isbn, title, authorId, publisherId, price, published]))
})

router.get('/isbn/:isbn', async (request, response) => {
  const book = await one('SELECT * FROM books WHERE isbn = $1', [request.params.isbn])
  if (!book) throw notFound('book')
  response.json(book)
})

router.get('/:id', async (request, response) => {
  const sql = 'SELECT b.*, a.name AS author FROM books b JOIN authors a ON a.id = b.author_id WHERE b.id = $1'
  const book = await one(sql, [request.params.id])
  if (!book) throw notFound('book')
  response.json(book)
})

router.put('/:id/price', async (request, response) => {
  const { price } = request.body
  if (!(price > 0)) throw new HttpError(400, 'a book has a price')
  const book = await one('UPDATE books SET price = $2 WHERE id = $1 RETURNING *', [request.params.id, price])
  if (!book) throw notFound('book')
  response.json(book)
})

router.delete('/:id', async (request, response) => {
  if (!(await one('DELETE FROM books WHERE id = $1 RETURNING id', [request.params.id]))) throw notFound('book')
  response.status(204).end()
})

module.exports = router
