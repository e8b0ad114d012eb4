import { expect, test } from 'vitest'
import { follow, shorten, visits } from '../src/links.ts'

test('visits are counted, from none', async () => {
  await shorten('https://example.com', 'way')
  expect(await visits('way')).toBe(0)
  await follow('way')
  await follow('way')
  expect(await visits('way')).toBe(2)
})
