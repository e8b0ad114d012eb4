import { createHash } from 'node:crypto'
import type { MigrationRecord } from '../../core/pending-migrations.ts'
import type { PlainState } from './attached/plain-template.ts'
import { sessionOf } from './names.ts'
import { identifier, literal } from './sql.ts'

/** How a server copies one database to another; `clone` shares blocks where the file system can (18 and newer). */
export type CopyStrategy = 'default' | 'wal_log' | 'file_copy' | 'clone'

/** The comment on each database of ours. Nothing that is not marked is ever renamed or dropped. */
export interface Marker {
  readonly isolane: 'lane' | 'template' | 'building' | 'environment'
  readonly fingerprint: string
  readonly strategy?: CopyStrategy
  /** Lanes need a look after they are cloned: settings to apply, or unlogged tables that a crash may have emptied. */
  readonly adopt?: boolean
  /** Whose it is, on a server that others use too; absent where it is nobody's, as a template that is kept. */
  readonly session?: string
  /** Which environment it is, and what it was made with. */
  readonly environment?: { readonly name: string; readonly label: string; readonly record: MigrationRecord }
  /** When a kept template was last asked for. */
  readonly used?: string
  /** What lanes without our tracking are given and asked for. */
  readonly plain?: PlainState
}

export function commentStatement(database: string, marker: Marker): string {
  return `COMMENT ON DATABASE ${identifier(database)} IS ${literal(JSON.stringify(marker))}`
}

/** What {@link markerOf} asks `pg_database` for, besides the name. */
export const description = `shobj_description(oid, 'pg_database') AS comment, datconnlimit AS limit`

export interface Described {
  readonly name: string
  readonly comment: string | null
  readonly limit: number
}

export function markerOf({ name, comment, limit }: Described): Marker | 'foreign' {
  if (comment === null && limit === birthmark(name)) {
    const session = sessionOf(name)
    return { isolane: 'building', fingerprint: '', ...(session === undefined ? {} : { session }) }
  }
  try {
    const value: unknown = JSON.parse(comment ?? '')
    return typeof value === 'object' && value !== null && 'isolane' in value ? (value as Marker) : 'foreign'
  } catch {
    return 'foreign'
  }
}

/**
 * Marks a database as ours from the moment it exists, also when we are killed in that moment: it can be made with a limit
 * of connections, but not with a comment. It is never reached.
 */
export function birthmark(database: string): number {
  const digest = createHash('sha256').update(`isolane\0${database}`).digest()
  return 1_000_000_000 + (digest.readUInt32BE() % 1_000_000_000)
}
