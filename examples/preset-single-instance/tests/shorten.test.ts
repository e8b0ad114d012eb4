import { expect, test } from 'vitest'
import { follow, shorten } from '../src/links.ts'

test('a code leads to its address', async () => {
  await shorten('https://example.com/a/long/way', 'way')
  expect(await follow('way')).toBe('https://example.com/a/long/way')
})

test('a code can be taken once', async () => {
  await expect(shorten('https://example.com/other', 'way')).rejects.toThrow('way is taken')
})

test.each(['admin', 'help', 'login'])('%s is reserved', async (code) => {
  await expect(shorten('https://example.com', code)).rejects.toThrow('is reserved')
})
