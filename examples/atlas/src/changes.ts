import pg from 'pg'
import { required } from './connections.ts'
import { query } from './rows.ts'

export interface Change {
  readonly country_code: string
  readonly change: 'insert' | 'update' | 'delete'
  readonly before: Readonly<Record<string, unknown>> | null
  readonly after: Readonly<Record<string, unknown>> | null
}

/** Every change of a country since the import, oldest first. */
export async function allChanges(): Promise<Change[]> {
  return query<Change>('SELECT country_code, change, before, after FROM country_changes ORDER BY id')
}

/** Calls `heard` for each change of a country, as it happens, until the returned function is called. */
export async function followChanges(heard: (change: string) => void): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: required('DATABASE_URL') })
  await client.connect()
  client.on('notification', ({ payload }) => heard(payload ?? ''))
  await client.query('LISTEN country_changed')
  return () => client.end()
}
