const { Router } = require('express')
const { many, one } = require('../db.js')
const { HttpError, notFound } = require('../errors.js')

const router = Router()

router.get('/', async (_request, response) => {
  response.json(await many('SELECT * FROM authors ORDER BY name'))
})

router.post('/', async (request, response) => {
  const { name, born = null } = request.body
  if (!name) throw new HttpError(400, 'an author needs a name')
  response.status(201).json(await one('INSERT INTO authors (name, born) VALUES ($1, $2) RETURNING *', [name, born]))
})

router.patch('/:id', async (request, response) => {
  const { name = null, born = null } = request.body
  const sql = 'UPDATE authors SET name = coalesce($2, name), born = coalesce($3, born) WHERE id = $1 RETURNING *'
  const author = await one(sql, [request.params.id, name, born])
  if (!author) throw notFound('author')
  response.json(author)
})

router.delete('/:id', async (request, response) => {
  if (!(await one('DELETE FROM authors WHERE id = $1 RETURNING id', [request.params.id]))) throw notFound('author')
  response.status(204).end()
})

router.get('/:id/books', async (request, response) => {
  response.json(await many('SELECT * FROM books WHERE author_id = $1 ORDER BY published', [request.params.id]))
})

module.exports = router
