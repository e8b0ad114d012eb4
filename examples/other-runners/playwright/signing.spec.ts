import { expect, test } from './fixtures.ts'

test('whoever signs is on the page', async ({ request }) => {
  await request.post('/guests/Ada')
  const page = await request.get('/guests')
  expect(await page.json()).toEqual(['Ada'])
})

test('each test starts with an empty book', async ({ request }) => {
  const page = await request.get('/guests')
  expect(await page.json()).toEqual([])
})
