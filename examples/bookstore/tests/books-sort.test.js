const supertest = require('supertest')
const app = require('../src/app.js')
const { book } = require('./support/factories.js')

const api = supertest(app)

test('books are sorted as asked', async () => {
  await book('Middlemarch', { price: 900, published: 1871 })
  await book('Beloved', { price: 1200, published: 1987 })
  await book('Ulysses', { price: 700, published: 1922 })
  const titles = async (sort) => (await api.get('/books').query({ sort })).body.map(({ title }) => title)
  expect(await titles('title')).toEqual(['Beloved', 'Middlemarch', 'Ulysses'])
  expect(await titles('price')).toEqual(['Ulysses', 'Middlemarch', 'Beloved'])
  expect(await titles('newest')).toEqual(['Beloved', 'Ulysses', 'Middlemarch'])
})
