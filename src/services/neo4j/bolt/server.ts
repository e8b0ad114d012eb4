import { IsolaneError } from '../../../core/errors.ts'
import type { Bolt } from './client.ts'

/** The exact version of a server. @throws ISOLANE_VERSION_UNSUPPORTED below 5 */
export async function serverVersion(bolt: Pick<Bolt, 'rows' | 'url'>): Promise<string> {
  const rows = await bolt.rows<{ name: string; versions: string[] }>(
    'system',
    'CALL dbms.components() YIELD name, versions RETURN name, versions',
  )
  // Newer servers list the versions of Cypher too.
  const [version = ''] = rows.find(({ name }) => /kernel/i.test(name))?.versions ?? []
  if (Number.parseInt(version, 10) >= 5) return version
  throw new IsolaneError({
    code: 'ISOLANE_VERSION_UNSUPPORTED',
    message: `Neo4j at ${bolt.url} is version ${version}`,
    remedy: 'use Neo4j 5 or newer: what is over Bolt alone is read and written there',
  })
}
