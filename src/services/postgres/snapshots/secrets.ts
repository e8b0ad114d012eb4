import { IsolaneError } from '../../../core/errors.ts'
import type { Client } from '../client.ts'

/** In the names of options of any foreign data wrapper, what lets somebody in. */
const secretNames = '(pass(w|phrase|$)|pwd|secret|token|credential|api_?key|access_?key|private_?key)'

/** An option says `name=value`; only the first can be told. */
const query = `
SELECT DISTINCT what FROM (
  SELECT 'foreign server ' || srvname AS what, unnest(umoptions) AS option FROM pg_user_mappings
  UNION ALL SELECT 'foreign server ' || srvname, unnest(srvoptions) FROM pg_foreign_server
  UNION ALL SELECT 'foreign data wrapper ' || fdwname, unnest(fdwoptions) FROM pg_foreign_data_wrapper
  UNION ALL SELECT 'foreign table ' || ftrelid::regclass, unnest(ftoptions) FROM pg_foreign_table
) o WHERE split_part(option, '=', 1) ~* $1 AND option NOT LIKE 'password\\_required=%' ORDER BY 1`

/**
 * `pg_dump` writes the options of what is foreign, those of user mappings as far as whoever it connects as may see them.
 * @throws ISOLANE_SNAPSHOT_REFUSED for a database that holds passwords of other servers
 */
export async function refuseSecrets(client: Client): Promise<void> {
  const { rows } = await client.query<{ what: string }>(query, [secretNames])
  if (rows.length === 0) return
  throw new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_REFUSED',
    message: `The lane holds a password for the ${rows.map(({ what }) => what).join(', ')}`,
    remedy: 'drop its option or its user mapping, or leave the password out: snapshots hold none',
  })
}
