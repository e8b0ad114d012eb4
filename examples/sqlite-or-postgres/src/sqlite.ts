import { DatabaseSync } from 'node:sqlite'
import type { Database, Row } from './database.ts'

export function openSqlite(url: string): Database {
  const database = new DatabaseSync(url)
  return {
    query: async (text, ...parameters) => {
      const statement = database.prepare(text.replaceAll(/\$(\d+)/g, '?$1'))
      return statement.all(...parameters) as Row[]
    },
    close: async () => database.close(),
  }
}
