const { Router } = require('express')
const { many, one, transaction } = require('../db.js')
const { HttpError, notFound } = require('../errors.js')

const router = Router()

/** Every change of a book's stock is put on record. */
async function moveStock(client, book, change, reason) {
  const changed = await one('UPDATE books SET stock = stock + $2 WHERE id = $1 RETURNING stock', [book, change], client)
  if (!changed) throw notFound('book')
  if (changed.stock < 0) throw new HttpError(409, 'there are not that many')
  await one('INSERT INTO stock_movements (book_id, change, reason) VALUES ($1, $2, $3)', [book, change, reason], client)
  return changed.stock
}

router.post('/:book', async (request, response) => {
  const { change, reason } = request.body
  const stock = await transaction((client) => moveStock(client, request.params.book, change, reason))
  response.json({ stock })
})

router.get('/:book/movements', async (request, response) => {
  const sql = 'SELECT change, reason FROM stock_movements WHERE book_id = $1 ORDER BY id'
  response.json(await many(sql, [request.params.book]))
})

router.get('/low/:limit', async (request, response) => {
  response.json(
    await many('SELECT title, stock FROM books WHERE stock < $1 ORDER BY stock, title', [request.params.limit]),
  )
})

module.exports = router
module.exports.moveStock = moveStock
