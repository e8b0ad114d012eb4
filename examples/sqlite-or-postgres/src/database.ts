import { openPostgres } from './postgres.ts'
import { openSqlite } from './sqlite.ts'

export type Row = Readonly<Record<string, unknown>>

/** What this program asks of a database, whichever it is. Parameters are `$1`, `$2` … */
export interface Database {
  query(text: string, ...parameters: readonly (string | number)[]): Promise<readonly Row[]>
  close(): Promise<void>
}

const url = process.env.DATABASE_URL ?? 'file:library.db'

export const database: Database = url.startsWith('file:') ? openSqlite(url) : openPostgres(url)
