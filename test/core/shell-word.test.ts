import { expect, test } from 'vitest'
import { shellWord } from '../../src/core/shell-word.ts'

test.each([
  ['linux', '/home/me/shop-2', '/home/me/shop-2'],
  ['linux', "/home/ada/Ada's shop", "'/home/ada/Ada'\\''s shop'"],
  ['linux', '$HOME', "'$HOME'"],
  ['win32', 'D:\\shop', 'D:\\shop'],
  ['win32', 'D:\\my shop', '"D:\\my shop"'],
] as const)('on %s, %s is %s', (platform, word, expected) => {
  expect(shellWord(word, platform)).toBe(expected)
})
