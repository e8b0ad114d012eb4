import { existsSync } from 'node:fs'
import type { PostgresVersion } from '../../../../src/services/postgres/options.ts'
import { portrait } from '../hard-schema.ts'
import type { Lane, Subject } from '../harness.ts'
import { definitions } from '../snapshots/harder-schema.ts'

/** What of a definition every version words alike. */
const alike = ['comments', 'large_objects', 'column_rights', 'default_rights', 'policies']

/** All rows as text, where sequences stand, triggers, comments, rights: what must be the same on every version. */
export async function portraitOf(server: Subject, { endpoint }: Lane): Promise<Record<string, unknown>> {
  const admin = await server.admin(endpoint.database)
  await admin.query(`SET search_path = pg_catalog; SET timezone = 'UTC'; SET lc_monetary = 'C'`)
  const [first, second] = [(await admin.query(portrait)).rows[0], (await admin.query(definitions)).rows[0]]
  await admin.end()
  const { rows, sequences, triggers, large_objects: count, settings } = first
  const own = (triggers as string[]).filter((trigger) => !trigger.includes('isolane_mark'))
  const worded = Object.fromEntries(alike.map((name) => [name, second[name]]))
  // Those of extensions are another version's.
  const functions = (second.functions as string[]).filter((text) =>
    /FUNCTION public\.(tricky|same|hide|refuse|note_audit)\(/.test(text),
  )
  return { rows, sequences, triggers: own, count, settings, functions, ...worded }
}

/** The oldest of these versions that is on this machine as a whole. */
export function wholeServer(versions: readonly PostgresVersion[]): PostgresVersion | undefined {
  return versions.find((version) => existsSync(`/usr/lib/postgresql/${version}/bin/pg_resetwal`))
}
