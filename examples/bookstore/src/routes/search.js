const { Router } = require('express')
const { many } = require('../db.js')

const router = Router()

router.get('/', async (request, response) => {
  const { text = '', from = 0, to = 1_000_000 } = request.query
  const sql = `SELECT b.title, a.name AS author, b.price FROM books b JOIN authors a ON a.id = b.author_id
    WHERE (b.title ILIKE $1 OR a.name ILIKE $1) AND b.price BETWEEN $2 AND $3 ORDER BY b.title`
  response.json(await many(sql, [`%${text}%`, from, to]))
})

module.exports = router
