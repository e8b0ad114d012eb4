import type { Access, Client } from '../client.ts'
import { identifier } from '../sql.ts'
import { pooled, refused } from './explain.ts'

/** What the role that a server was given with may do there. */
export interface Rights {
  readonly superuser: boolean
  readonly createRole: boolean
}

/** @throws ISOLANE_ATTACH_REFUSED where no lanes can be made, with what would change that. */
export async function readRights(client: Client, access: Access): Promise<Rights> {
  const { rows } = await client.query<Record<'super' | 'db' | 'role' | 'replica' | 'direct', boolean>>(
    `SELECT rolsuper AS super, rolcreatedb AS db, rolcreaterole AS role, pg_is_in_recovery() AS replica,
       current_setting('client_min_messages') = 'error' AS direct
     FROM pg_roles WHERE rolname = current_user`,
  )
  const [can] = rows
  // What we asked for when we connected was passed over.
  if (can && !can.direct) throw pooled(access)
  if (can?.replica) throw refused(access, 'it is a read-only replica', 'give the URL of its primary')
  if (!can?.super && !can?.db) {
    const role = identifier(access.user)
    throw refused(
      access,
      `the role ${role} may not create databases`,
      `have an administrator run \`ALTER ROLE ${role} CREATEDB\` there`,
    )
  }
  return { superuser: can.super, createRole: can.super || can.role }
}
