const supertest = require('supertest')
const app = require('../src/app.js')
const { book } = require('./support/factories.js')

const api = supertest(app)

test('books come in pages', async () => {
  for (let number = 1; number <= 7; number += 1) await book(`Volume ${number}`)
  const page = async (page) =>
    (await api.get('/books').query({ page, size: 3 })).body.map(({ title }) => title.slice(-1))
  expect(await page(1)).toEqual(['1', '2', '3'])
  expect(await page(3)).toEqual(['7'])
  expect(await page(4)).toEqual([])
})
