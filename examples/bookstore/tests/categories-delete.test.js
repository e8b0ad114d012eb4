const supertest = require('supertest')
const app = require('../src/app.js')
const { many } = require('../src/db.js')
const { category } = require('./support/factories.js')

const api = supertest(app)

test('categories below a deleted one move to the top', async () => {
  const fiction = await category('Fiction')
  await category('Crime', fiction.id)
  expect((await api.delete(`/categories/${fiction.id}`)).status).toBe(204)
  expect(await many('SELECT name, parent_id FROM categories')).toEqual([{ name: 'Crime', parent_id: null }])
})
