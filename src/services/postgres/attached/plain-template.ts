import { connect } from '../client.ts'
import type { Server } from '../server.ts'
import { identifier, literal } from '../sql.ts'
import { analyse } from '../tracking/install.ts'

/** What a template without our tracking has that its clones may lack. */
export interface PlainState {
  /** `ALTER DATABASE … SET`, which is not copied: `timezone=UTC`. */
  readonly settings: readonly string[]
  /** Unlogged tables with rows, quoted: a crash of the server empties them. */
  readonly unlogged: readonly string[]
}

/** Ends the making of a template whose lanes are replaced rather than tidied. */
export async function finishPlain({ admin }: Server, database: string): Promise<PlainState> {
  const client = await connect(admin, database)
  try {
    const { rows } = await client.query<{ settings: string[] }>(
      `SELECT setconfig AS settings FROM pg_db_role_setting
       WHERE setrole = 0 AND setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    )
    const tables = await client.query<{ name: string }>(
      `SELECT format('%I.%I', n.nspname, c.relname) AS name
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind = 'r' AND c.relpersistence = 'u' AND pg_relation_size(c.oid) > 0`,
    )
    await analyse(client)
    return { settings: rows[0]?.settings ?? [], unlogged: tables.rows.map(({ name }) => name) }
  } finally {
    await client.end()
  }
}

/** Settings that hold lists, which are kept as they have to be written. */
const listSettings = ['search_path', 'temp_tablespaces', 'local_preload_libraries', 'session_preload_libraries']

/** Makes a clone what its template was when it was made. @returns whether that can be. */
export async function adoptPlain({ admin }: Server, database: string, state: PlainState): Promise<boolean> {
  const { settings, unlogged } = state
  if (settings.length + unlogged.length === 0) return true
  const client = await connect(admin, database)
  try {
    for (const setting of settings) {
      const name = setting.slice(0, setting.indexOf('='))
      const value = setting.slice(name.length + 1)
      const text = listSettings.includes(name) ? value : literal(value)
      await client.query(`ALTER DATABASE ${identifier(database)} SET ${identifier(name)} TO ${text}`)
    }
    if (unlogged.length === 0) return true
    const sizes = unlogged.map((table) => `pg_relation_size(${literal(table)}) > 0`)
    const { rows } = await client.query<{ whole: boolean }>(`SELECT ${sizes.join(' AND ')} AS whole`)
    return rows[0]?.whole ?? false
  } finally {
    await client.end()
  }
}
