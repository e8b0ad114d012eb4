const { Router } = require('express')
const { many, one } = require('../db.js')
const { notFound } = require('../errors.js')

const router = Router()

router.post('/', async (request, response) => {
  const { name, parentId = null } = request.body
  const sql = 'INSERT INTO categories (name, parent_id) VALUES ($1, $2) RETURNING *'
  response.status(201).json(await one(sql, [name, parentId]))
})

/** From the root down: `Fiction / Crime`. */
router.get('/:id/path', async (request, response) => {
  const sql = `WITH RECURSIVE path AS (
      SELECT id, name, parent_id, 0 AS depth FROM categories WHERE id = $1
      UNION ALL SELECT c.id, c.name, c.parent_id, depth + 1 FROM categories c JOIN path p ON c.id = p.parent_id
    ) SELECT string_agg(name, ' / ' ORDER BY depth DESC) AS path FROM path`
  const { path } = await one(sql, [request.params.id])
  if (path === null) throw notFound('category')
  response.json({ path })
})

/** Books of the category and of those below it. */
router.get('/:id/books', async (request, response) => {
  const sql = `WITH RECURSIVE tree AS (
      SELECT id FROM categories WHERE id = $1
      UNION ALL SELECT c.id FROM categories c JOIN tree t ON c.parent_id = t.id
    ) SELECT DISTINCT b.id, b.title FROM books b JOIN book_categories bc ON bc.book_id = b.id
      WHERE bc.category_id IN (SELECT id FROM tree) ORDER BY b.title`
  response.json(await many(sql, [request.params.id]))
})

router.put('/:id/books/:book', async (request, response) => {
  const { id, book } = request.params
  await one('INSERT INTO book_categories (category_id, book_id) VALUES ($1, $2) ON CONFLICT DO NOTHING', [id, book])
  response.status(204).end()
})

router.delete('/:id', async (request, response) => {
  if (!(await one('DELETE FROM categories WHERE id = $1 RETURNING id', [request.params.id]))) throw notFound('category')
  response.status(204).end()
})

module.exports = router
