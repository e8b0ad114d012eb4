import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { errorCodes, IsolaneError, isIsolaneError } from '../../src/core/errors.ts'

const root = join(import.meta.dirname, '..', '..')
const codes = errorCodes.map((code) => `ISOLANE_${code}`)

test('docs/errors.md has one row for each code, and no other', () => {
  const rows = [
    ...readFileSync(join(root, 'docs', 'errors.md'), 'utf8').matchAll(/^\| `(ISOLANE_\w+)` +\| (.+?) +\| (.+?) +\|$/gm),
  ]
  expect(rows.map(([, code]) => code).sort()).toEqual([...codes].sort())
})

test('each code is thrown somewhere', () => {
  const sources = join(root, 'src')
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  const lines = files
    .filter((name) => !name.endsWith(join('core', 'errors.ts')))
    .flatMap((name) => readFileSync(join(sources, name), 'utf8').split('\n'))
    // Where a code is only asked for.
    .filter((line) => !/isIsolaneError\(|code [!=]==/.test(line))
  const thrown = new Set(lines.flatMap((line) => [...line.matchAll(/'(ISOLANE_[A-Z_]+)'/g)].map(([, code]) => code)))
  expect(codes.filter((code) => !thrown.has(code))).toEqual([])
})

test('the first line stands alone; output is indented below it', () => {
  const error = new IsolaneError({
    code: 'ISOLANE_START_FAILED',
    message: 'It did not start',
    remedy: 'look below',
    output: '\none\ntwo\n',
  })
  expect(error.message).toBe('It did not start: look below [ISOLANE_START_FAILED]\n  one\n  two')
  expect(error).toMatchObject({ reason: 'It did not start', remedy: 'look below', output: 'one\ntwo' })
})

test('an error of another copy of the package is known by what it says', () => {
  const parts = { name: 'IsolaneError', code: 'ISOLANE_SEED_FAILED', reason: 'It threw', remedy: 'look' }
  const foreign = Object.assign(new Error('It threw: look [ISOLANE_SEED_FAILED]'), parts)
  expect(isIsolaneError(foreign, 'ISOLANE_SEED_FAILED')).toBe(true)
  expect(isIsolaneError(foreign, 'ISOLANE_LANE_LOST')).toBe(false)
  expect(isIsolaneError(Object.assign(new Error('no'), { code: 'ENOENT' }))).toBe(false)
  expect(isIsolaneError(undefined)).toBe(false)
})
