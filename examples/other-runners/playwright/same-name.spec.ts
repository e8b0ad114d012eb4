import { expect, test } from './fixtures.ts'

test('one may sign twice', async ({ request }) => {
  await request.post('/guests/Ada')
  await request.post('/guests/Ada')
  const page = await request.get('/guests')
  expect(await page.json()).toEqual(['Ada', 'Ada'])
})
