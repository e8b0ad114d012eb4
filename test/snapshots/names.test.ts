import { expect, test } from 'vitest'
import { automaticName, checkName, isName, isPath, isServiceName, isStoredFileName } from '../../src/snapshots/names.ts'

test('names that every platform has', () => {
  for (const name of ['a', 'before-migration', '2026.11', 'v1_2', '0', 'x'.repeat(64), automaticName()]) {
    expect(isName(name), name).toBe(true)
    expect(() => checkName(name)).not.toThrow()
  }
})

test('names that some platform has not, or that mean something else', () => {
  const names = [
    '',
    '.',
    '..',
    '.hidden',
    'a/b',
    'a\\b',
    'A',
    'é',
    'a b',
    'a.',
    '-x',
    '_x',
    'a\n',
    'a\0',
    'a:b',
    'x'.repeat(65),
  ]
  for (const name of [...names, 'con', 'nul.txt', 'com1', 'lpt9.x', 'a.tar', 'a.partial', 'manifest.json']) {
    expect(isName(name), JSON.stringify(name)).toBe(false)
    expect(() => checkName(name)).toThrow('ISOLANE_OPTION_INVALID')
  }
})

test('automatic names tell the time, and differ', () => {
  const now = new Date('2026-11-21T22:38:50.123Z')
  expect(automaticName(now)).toMatch(/^20261121-223850-[0-9a-f]{4}$/)
  expect(new Set(Array.from({ length: 20 }, () => automaticName(now))).size).toBeGreaterThan(15)
})

test('services and files have names of their own', () => {
  expect(['postgres', 'My_Redis-2'].every(isServiceName)).toBe(true)
  expect(['', '1a', 'a.b', '__proto__', 'AUX', 'a/b'].some(isServiceName)).toBe(false)
  expect(['contents.zst', 'a.b-c.zst'].every(isStoredFileName)).toBe(true)
  expect(['contents', '.zst', '..zst', 'A.zst', 'a/b.zst', 'nul.zst'].some(isStoredFileName)).toBe(false)
})

test('what has a slash or ends as an archive does is a path', () => {
  for (const path of ['./one', '/tmp/one', 'a/b', 'c:\\one', 'one.tar', '.', '..'])
    expect(isPath(path), path).toBe(true)
  for (const name of ['one', 'one.zip', '2026.11']) expect(isPath(name), name).toBe(false)
})
