import { fingerprint } from '../../../core/fingerprint.ts'
import { type Access, type Client, connect } from '../client.ts'
import { freezeFunction } from './freeze.ts'
import { trackingObjects } from './objects.ts'
import { resetFunction } from './reset.ts'

/** Raised when templates are made in another way than the texts below tell. */
const revision = '2'

/** Part of every template's fingerprint: templates of another Isolane are built anew. */
export const trackingFingerprint = fingerprint(revision, trackingObjects, freezeFunction, resetFunction)

/** Of larger tables no rows are kept for resets; a lane in which such rows were changed is replaced. */
const copyLimit = 16 * 1024 * 1024

/** Larger tables would take long to rewrite, for two files less. */
const compactLimit = 64 * 1024 * 1024

/**
 * Makes a migrated and seeded database into what lanes are cloned from.
 * `kept`: the template outlives this run, so that it pays to make clones of it cheaper.
 * @returns whether its clones have to be looked at before they are used.
 */
export async function installTracking(admin: Access, database: string, kept: boolean): Promise<boolean> {
  const client = await connect(admin, database)
  try {
    await client.query(trackingObjects)
    await client.query(freezeFunction)
    await client.query(resetFunction)
    await client.query('SELECT isolane.freeze($1)', [copyLimit])
    const { rows } = await client.query<{ adopt: boolean }>(
      `SELECT unlogged OR settings <> '{}' AS adopt FROM isolane.state`,
    )
    await analyse(client)
    if (kept) await compact(client)
    return rows[0]?.adopt ?? false
  } finally {
    await client.end()
  }
}

/**
 * Lanes begin with statistics, or autovacuum would gather them in each; coarse ones, as lanes are copied with them.
 * Catalogs have theirs from `initdb`.
 */
export async function analyse(client: Client): Promise<void> {
  const { rows } = await client.query<{ names: string | null }>(
    `SELECT string_agg(format('%I.%I', n.nspname, c.relname), ', ') AS names
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't' AND c.oid >= 16384`,
  )
  if (!rows[0]?.names) return
  await client.query('SET default_statistics_target = 10')
  await client.query(`ANALYZE ${rows[0].names}`)
}

/**
 * Cloning costs by the file as much as by the byte. Tables that were written to have two more files each, for free
 * space and for visibility, which rewritten ones do not have; catalogs shrink besides.
 */
async function compact(client: Client): Promise<void> {
  // Rewriting a table writes to the catalogs that describe tables, so those come last.
  const { rows } = await client.query<{ names: string | null }>(
    `SELECT string_agg(format('%I.%I', n.nspname, c.relname), ', '
                       ORDER BY c.relname IN ('pg_class', 'pg_attribute', 'pg_type', 'pg_depend'), c.oid) AS names
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't' AND NOT c.relisshared
       AND (c.relname IN ('pg_class', 'pg_attribute', 'pg_type', 'pg_depend')
            OR pg_table_size(c.oid) <= $1 AND pg_table_size(c.oid) > pg_relation_size(c.oid))`,
    [compactLimit],
  )
  if (rows[0]?.names) await client.query(`VACUUM (FULL) ${rows[0].names}`)
}
