const { Router } = require('express')
const { many, one, transaction } = require('../db.js')
const { notFound } = require('../errors.js')

const router = Router()

router.post('/', async (request, response) => {
  response.status(201).json(await one('INSERT INTO publishers (name) VALUES ($1) RETURNING *', [request.body.name]))
})

router.get('/:id/catalogue', async (request, response) => {
  const sql = `SELECT b.title, a.name AS author FROM books b JOIN authors a ON a.id = b.author_id
    WHERE b.publisher_id = $1 ORDER BY b.title`
  response.json(await many(sql, [request.params.id]))
})

/** One publisher takes over another. */
router.post('/:id/take-over/:other', async (request, response) => {
  const { id, other } = request.params
  const moved = await transaction(async (client) => {
    const { rowCount } = await client.query('UPDATE books SET publisher_id = $1 WHERE publisher_id = $2', [id, other])
    const gone = await client.query('DELETE FROM publishers WHERE id = $1', [other])
    if (gone.rowCount === 0) throw notFound('publisher')
    return rowCount
  })
  response.json({ moved })
})

router.delete('/:id', async (request, response) => {
  if (!(await one('DELETE FROM publishers WHERE id = $1 RETURNING id', [request.params.id])))
    throw notFound('publisher')
  response.status(204).end()
})

module.exports = router
