const { Router } = require('express')
const { many, one } = require('../db.js')
const { HttpError } = require('../errors.js')

const router = Router()

/** Uses a coupon once. */
async function takeCoupon(client, code) {
  const sql = 'UPDATE coupons SET uses_left = uses_left - 1 WHERE code = $1 AND uses_left > 0 RETURNING *'
  const coupon = await one(sql, [code.toUpperCase()], client)
  if (!coupon) throw new HttpError(409, `the coupon ${code} is not valid`)
  return coupon
}

router.get('/', async (_request, response) => {
  response.json(await many('SELECT * FROM coupons WHERE uses_left > 0 ORDER BY code'))
})

router.post('/', async (request, response) => {
  const { code, percent, uses = 1 } = request.body
  if (!(percent > 0 && percent <= 100)) throw new HttpError(400, 'a coupon takes off 1 to 100 percent')
  const sql = 'INSERT INTO coupons (code, percent, uses_left) VALUES (upper($1), $2, $3) RETURNING *'
  response.status(201).json(await one(sql, [code, percent, uses]))
})

module.exports = router
module.exports.takeCoupon = takeCoupon
