import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type FaultResults, withTables } from '../../scripts/reliability/table.ts'
import { filesBelow } from './folders.ts'

const docs = join(import.meta.dirname, '..', '..', 'docs')
const faults = join(import.meta.dirname, 'faults')
const results = JSON.parse(readFileSync(join(faults, 'results.json'), 'utf8')) as FaultResults

test('docs/reliability.md has the faults tried last', () => {
  const page = readFileSync(join(docs, 'reliability.md'), 'utf8')
  expect(withTables(page, results)).toBe(page)
})

test('every fault came out as it must, and each file of them was tried', () => {
  expect(results.results.filter(({ passed }) => !passed)).toEqual([])
  const texts = filesBelow(faults)
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => readFileSync(file, 'utf8'))
  for (const text of texts) expect(results.results.some(({ group }) => text.includes(`describe('${group}'`))).toBe(true)
})
