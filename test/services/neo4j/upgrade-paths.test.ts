import { expect, test } from 'vitest'
import { neo4j } from '../../../src/services/neo4j/index.ts'
import { versions } from '../../../src/services/neo4j/versions.ts'

test.each([
  ['5.26', '2026'],
  ['5.26', '2025.01'],
  ['5.26.16', '5.26'],
  ['5.26.16', '5.26.30'],
  ['2025', '2026'],
  ['2025.10.1', '2025.11'],
  ['4.4', '5.26'],
  ['4.4.48', '5.26.30'],
  ['5.3', '5.26'],
])('%s → %s is a migration of the store', (from, to) => {
  const [way, ...others] = versions.upgrade(from, to)
  expect(way.name).toBe('store migration')
  expect(way.warnings[0]).toMatch(/no way back/)
  expect(others).toEqual([])
})

test.each([
  ['2026', '5.26', /2026 can't be upgraded to 5\.26, as an older server.*keep 2026 or go up/],
  ['2026', '2025', /an older server does not open the store of a newer one/],
  ['2026', '2026.08', /an older server/],
  ['5.26.30', '5.26.16', /an older server/],
  ['4.4', '2026', /only version that takes the stores of 4\.4.*upgrade 4\.4 → 5\.26, then 5\.26 → 2026/],
  ['4.4', '5.25', /upgrade 4\.4 → 5\.26/],
  ['4.3', '5.26', /go 4\.3 → 4\.4 with Neo4j's own tools, then 4\.4 → 5\.26/],
  ['3.5', '2026', /3\.5 → 4\.4/],
  ['5.12', '2026', /all of 5 goes through 5\.26.*upgrade 5\.12 → 5\.26, then 5\.26 → 2026/],
  ['5.12', '5.20', /upgrade 5\.12 → 5\.26/],
])('%s → %s is refused, with the path that works', (from, to, message) => {
  expect(() => versions.upgrade(from, to)).toThrow(message)
  expect(() => versions.upgrade(from, to)).toThrow(/ISOLANE_UPGRADE_REFUSED/)
})

test('what changes is told of each version on the way, and of no other', () => {
  const all = (from: string, to: string) => versions.upgrade(from, to)[0].warnings.join('\n')
  expect(all('4.4', '5.26')).toMatch(/B-tree/)
  expect(all('5.26', '2026')).toMatch(/Java 21[\s\S]*CYPHER 25[\s\S]*neo4j\.conf/)
  expect(all('5.26', '2025.01')).not.toMatch(/CYPHER 25/)
  expect(all('2026.03', '2026.08')).not.toMatch(/Java|CYPHER|B-tree|neo4j\.conf/)
})

test('options get another version, unless they fix it', () => {
  const { options } = neo4j({ plugins: ['apoc'], image: 'registry.example/neo4j:{version}-x' })
  expect(versions.of(options)).toBe('5.26')
  expect(versions.with(options, '2026.08')).toEqual({ ...options, version: '2026.08' })
  expect(() => versions.with({ url: 'bolt://graph.internal' }, '2026')).toThrow(/`url` can't have another version/)
  expect(() => versions.with({ image: 'neo4j:5.26' }, '2026')).toThrow(/neo4j:\{version\}/)
  expect(versions.with({}, '4.4')).toEqual({ version: '4.4' })
  expect(() => versions.with({ acceptLicense: 'yes' }, '4.4')).toThrow(/VERSION_UNSUPPORTED/)
  expect(() => versions.with({}, '5.25')).toThrow(/VERSION_UNSUPPORTED/)
  expect(() => versions.upgrade('five', '2026')).toThrow(/there is no version "five".*VERSION_UNSUPPORTED/)
})
