import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { MatrixResults } from '../../scripts/runners/results.ts'
import { withTables } from '../../scripts/runners/table.ts'

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'runners.md'), 'utf8')
const results = JSON.parse(readFileSync(join(import.meta.dirname, 'results.json'), 'utf8')) as MatrixResults

test("docs/runners.md has the matrix's last results", () => {
  expect(withTables(page, results)).toBe(page)
})

test('every combination passed', () => {
  expect(results.results.filter(({ passed }) => !passed)).toEqual([])
  expect(results.results.length).toBeGreaterThan(0)
})
