import type { Instance } from '../../../core/contracts.ts'
import { address, browserUrl } from '../lane.ts'
import type { Bolt } from './client.ts'

/** What `isolane status` tells of a server: its lanes' databases as the server itself lists them. */
export async function boltDetails(
  { endpoint }: Instance,
  bolt: Bolt,
  lanes: ReadonlyMap<string, string>,
): Promise<Record<string, string>> {
  const { host, ports, credentials } = endpoint
  const rows = await bolt.rows<{ name: string; status: string }>(
    'system',
    `SHOW DATABASES YIELD name, currentStatus WHERE name IN $names
     RETURN DISTINCT name, currentStatus AS status ORDER BY name`,
    { names: [...lanes.keys()] },
  )
  const databases = rows.map(({ name, status }) => `${name} (${lanes.get(name)}, ${status})`)
  const own = ports.http === undefined ? undefined : `http://${address(host, ports.http)}/browser/`
  return {
    databases: `${databases.join(', ') || 'none'} at ${bolt.url}`,
    user: credentials.username,
    browser: browserUrl(bolt.url, credentials.username, rows[0]?.name, own),
  }
}
