import { IsolaneError } from '../../../core/errors.ts'
import type { Client } from '../client.ts'

/** Options of user mappings, in any foreign data wrapper, that let somebody in. */
const secretOptions = '^(pass|secret|token|api_?key|access_?key|private_?key)'

/**
 * `pg_dump` writes the options of user mappings, as far as whoever it connects as may see them.
 * @throws ISOLANE_SNAPSHOT_REFUSED for a database that holds passwords of other servers
 */
export async function refuseSecrets(client: Client): Promise<void> {
  const { rows } = await client.query<{ server: string }>(
    `SELECT DISTINCT srvname AS server FROM pg_user_mappings, unnest(umoptions) option WHERE option ~* $1 ORDER BY 1`,
    [secretOptions],
  )
  if (rows.length === 0) return
  throw new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_REFUSED',
    message: `The lane holds a password for the foreign server ${rows.map(({ server }) => server).join(', ')}`,
    remedy: 'drop the user mapping, or leave its password out: snapshots hold none',
  })
}
