const { one } = require('../../src/db.js')

let made = 0

function insert(table, row) {
  const names = Object.keys(row)
  const places = names.map((_, index) => `$${index + 1}`)
  return one(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${places.join(', ')}) RETURNING *`, Object.values(row))
}

const author = (name = 'Ursula K. Le Guin', born = null) => insert('authors', { name, born })

const publisher = (name = 'Ace') => insert('publishers', { name })

const category = (name, parent = null) => insert('categories', { name, parent_id: parent })

const customer = (name = 'Ann') => insert('customers', { name, email: `${name.toLowerCase()}@example.com` })

/** By an author of its own unless it is given one. */
async function book(title, { by, price = 1000, stock = 10, published = 1970, publisher = null } = {}) {
  made += 1
  const author_id = by ?? (await insert('authors', { name: `The author of ${title}` })).id
  const isbn = String(9780000000000 + made)
  return insert('books', { isbn, title, author_id, price, stock, published, publisher_id: publisher })
}

const coupon = (code, percent, uses_left = 1) => insert('coupons', { code, percent, uses_left })

/** Puts books into a customer's cart: `cart(ann, [dune, 2], [emma, 1])`. */
async function cart(customer, ...items) {
  for (const [book, quantity] of items)
    await insert('cart_items', { customer_id: customer.id, book_id: book.id, quantity })
}

module.exports = { author, book, cart, category, coupon, customer, publisher }
