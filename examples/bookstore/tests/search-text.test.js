const supertest = require('supertest')
const app = require('../src/app.js')
const { author, book } = require('./support/factories.js')

const api = supertest(app)

test('titles and authors are searched', async () => {
  const { id: by } = await author('Philip K. Dick')
  await book('Ubik', { by })
  await book('A Maze of Death', { by })
  await book('The Philosophy of Boredom')
  const { body } = await api.get('/search').query({ text: 'phil' })
  expect(body.map(({ title }) => title)).toEqual(['A Maze of Death', 'The Philosophy of Boredom', 'Ubik'])
})
