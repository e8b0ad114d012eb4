import neo4jDriver from 'neo4j-driver'
import { attach } from './fixture.ts'
import type { ManyDatabases } from './many-databases.ts'

/** The URL of a real server with many databases, credentials included; `undefined` where none is named: see README.md. */
export function realServerUrl(): string | undefined {
  const {
    ISOLANE_TEST_NEO4J_MULTIDB_URI: url,
    ISOLANE_TEST_NEO4J_MULTIDB_USER: user,
    ISOLANE_TEST_NEO4J_MULTIDB_PASSWORD: password,
  } = process.env
  if (!url) return undefined
  const parsed = new URL(url)
  if (user || !parsed.username) parsed.username = encodeURIComponent(user || 'neo4j')
  if (password) parsed.password = encodeURIComponent(password)
  return parsed.href
}

export function realServer(url: string): ManyDatabases {
  const { protocol, host, username, password } = new URL(url)
  const credentials = neo4jDriver.auth.basic(decodeURIComponent(username), decodeURIComponent(password))
  const administer = async (statement: string) => {
    const driver = neo4jDriver.driver(`${protocol}//${host}`, credentials)
    try {
      return await driver.executeQuery(statement, {}, { database: 'system' })
    } finally {
      await driver.close()
    }
  }
  return {
    attach: (options) => attach({ ...options, url }, 2),
    reach: (lane) => lane,
    names: async () => {
      const { records } = await administer('SHOW DATABASES YIELD name')
      return records.map((record) => String(record.get('name')))
    },
    make: (database) => administer(`CREATE DATABASE \`${database}\` IF NOT EXISTS`),
    drop: (database) => administer(`DROP DATABASE \`${database}\` IF EXISTS`),
    recordsUrl: () => url,
  }
}
