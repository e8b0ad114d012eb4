const supertest = require('supertest')
const app = require('../src/app.js')
const { book } = require('./support/factories.js')

const api = supertest(app)

test('books are searched by price', async () => {
  for (const [title, price] of [
    ['Cheap', 100],
    ['Fair', 500],
    ['Dear', 2500],
  ])
    await book(title, { price })
  const titles = async (query) => (await api.get('/search').query(query)).body.map(({ title }) => title)
  expect(await titles({ from: 500 })).toEqual(['Dear', 'Fair'])
  expect(await titles({ to: 500, text: 'a' })).toEqual(['Cheap', 'Fair'])
  expect(await titles({ from: 101, to: 499 })).toEqual([])
})
