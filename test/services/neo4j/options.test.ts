import { expect, test } from 'vitest'
import { neo4j } from '../../../src/services/neo4j/index.ts'
import { databaseName, type Neo4jOptions } from '../../../src/services/neo4j/options.ts'

test.each([
  [{ migration: './graph' }, /unknown option "migration"; did you mean "migrations".*OPTION_INVALID/],
  [{ port: 0 }, /option "port" is invalid/],
  [{ database: 'a' }, /3 to 63 characters/],
  [{ database: 'sy stem' }, /letters, digits, dots and dashes/],
  [{ database: 'system' }, /Neo4j's own/],
  [{ version: '4.3' }, /version "4.3" can't be run.*VERSION_UNSUPPORTED/s],
  [{ version: '4.4', acceptLicense: 'yes' }, /"4.4" can't be run in a server of Enterprise.*VERSION_UNSUPPORTED/s],
  [{ version: '4.4', image: 'neo4j:4.4-enterprise' }, /"4.4" can't be run in a server of Enterprise/],
  [{ version: '5.25' }, /"4.4", "5.26", "2025" or "2026"/],
  [{ plugins: '' }, /option "plugins" is invalid: Expected a path/],
  [{ url: 'bolt://graph.internal', port: 7687 }, /option "port" can't be combined with "url"/],
])('%j is refused', (options, message) => {
  expect(() => neo4j(options as Neo4jOptions)).toThrow(message)
})

test.each(['4.4', '4.4.48', '5.26', '5.26.16', '2025', '2025.10', '2026.08.1'])('version %s is accepted', (version) => {
  expect(neo4j({ version }).options).toEqual({ version })
})

test('a database name gets the form that Neo4j has for it', () => {
  expect(databaseName({})).toBe('neo4j')
  expect(databaseName({ database: 'TTA_dev' })).toBe('tta-dev')
})
