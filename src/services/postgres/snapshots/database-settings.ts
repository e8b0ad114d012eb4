import type { Pool, PoolClient } from '../client.ts'
import { identifier, literal } from '../sql.ts'

/** `ALTER DATABASE … SET` and `ALTER ROLE … IN DATABASE … SET`: neither is in a dump, nor copied with a database. */
export interface DatabaseSettings {
  /** Absent: whoever connects. */
  readonly role?: string
  /** `timezone=UTC`. */
  readonly settings: readonly string[]
}

/** Settings that hold lists, which are kept as they have to be written. */
const lists = ['search_path', 'temp_tablespaces', 'local_preload_libraries', 'session_preload_libraries']

export async function readSettings(
  client: { query: Pool['query'] },
  database: string,
): Promise<readonly DatabaseSettings[]> {
  const { rows } = await client.query<{ role: string | null; settings: string[] }>(
    `SELECT r.rolname AS role, s.setconfig AS settings
     FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_roles r ON r.oid = s.setrole
     WHERE d.datname = $1 ORDER BY 1 NULLS FIRST`,
    [database],
  )
  return rows.map(({ role, settings }) => ({ ...(role === null ? {} : { role }), settings }))
}

/** Gives a database these settings and no others, but for those of roles that are not there. */
export async function applySettings(
  client: Pool | PoolClient,
  database: string,
  wanted: readonly DatabaseSettings[],
): Promise<void> {
  const found = await readSettings(client, database)
  if (JSON.stringify(found) === JSON.stringify(wanted)) return
  const { rows } = await client.query<{ rolname: string }>('SELECT rolname FROM pg_roles WHERE rolname = ANY ($1)', [
    wanted.flatMap(({ role }) => role ?? []),
  ])
  const roles = new Set(rows.map(({ rolname }) => rolname))
  const statements = found.map(({ role }) => `${subject(database, role)} RESET ALL`)
  for (const { role, settings } of wanted) {
    if (role !== undefined && !roles.has(role)) continue
    statements.push(...settings.map((setting) => `${subject(database, role)} SET ${assignment(setting)}`))
  }
  await client.query(statements.join(';'))
}

function subject(database: string, role: string | undefined): string {
  if (role === undefined) return `ALTER DATABASE ${identifier(database)}`
  return `ALTER ROLE ${identifier(role)} IN DATABASE ${identifier(database)}`
}

function assignment(setting: string): string {
  const name = setting.slice(0, setting.indexOf('='))
  const value = setting.slice(name.length + 1)
  // A name with a dot is one of an extension's or the user's own: `app.tenant`.
  const quoted = name.split('.').map(identifier).join('.')
  return `${quoted} TO ${lists.includes(name) ? value : literal(value)}`
}
