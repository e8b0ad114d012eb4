const express = require('express')
const { sendError } = require('./errors.js')

const app = express()
app.use(express.json())
for (const name of ['authors', 'publishers', 'books', 'categories', 'customers', 'carts', 'orders', 'reviews'])
  app.use(`/${name}`, require(`./routes/${name}`))
for (const name of ['coupons', 'stock', 'wishes', 'search', 'reports']) app.use(`/${name}`, require(`./routes/${name}`))
app.use(sendError)

module.exports = app
