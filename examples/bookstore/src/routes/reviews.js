const { Router } = require('express')
const { many, one } = require('../db.js')
const { HttpError, notFound } = require('../errors.js')

const router = Router()

function checkStars(stars) {
  if (!Number.isInteger(stars) || stars < 1 || stars > 5) throw new HttpError(400, 'give one to five stars')
}

router.post('/', async (request, response) => {
  const { bookId, customerId, stars, text = '' } = request.body
  checkStars(stars)
  const sql = 'INSERT INTO reviews (book_id, customer_id, stars, text) VALUES ($1, $2, $3, $4) RETURNING *'
  response.status(201).json(await one(sql, [bookId, customerId, stars, text]))
})

router.get('/of/:book', async (request, response) => {
  const reviews = await many('SELECT stars, text FROM reviews WHERE book_id = $1 ORDER BY id', [request.params.book])
  const sum = reviews.reduce((total, { stars }) => total + stars, 0)
  response.json({ average: reviews.length === 0 ? null : sum / reviews.length, reviews })
})

router.patch('/:id', async (request, response) => {
  const { stars, text = null } = request.body
  checkStars(stars)
  const sql = 'UPDATE reviews SET stars = $2, text = coalesce($3, text) WHERE id = $1 RETURNING *'
  const review = await one(sql, [request.params.id, stars, text])
  if (!review) throw notFound('review')
  response.json(review)
})

router.delete('/:id', async (request, response) => {
  if (!(await one('DELETE FROM reviews WHERE id = $1 RETURNING id', [request.params.id]))) throw notFound('review')
  response.status(204).end()
})

module.exports = router
