import { clientSupport } from './builtin-clients.ts'
import { IsolaneError } from './core/errors.ts'
import type { Lane } from './core/lane.ts'

/** Entries of the package may each have this module for themselves. */
const contents = Symbol.for('isolane.contents')

interface WithContents {
  readonly name: string
  readonly [contents]?: () => Promise<readonly string[]>
}

/** Has {@link expectEmpty} find out what the lane holds. */
export function rememberContents(opened: object, { endpoints, kinds }: Lane): void {
  const value = async () => {
    const services = Object.entries(endpoints).map(async ([service, endpoint]) => {
      const lines = (await clientSupport[kinds[service] ?? '']?.contents(endpoint)) ?? []
      return lines.map((line) => `${service}: ${line}`)
    })
    return (await Promise.all(services)).flat().sort()
  }
  Object.defineProperty(opened, contents, { value })
}

/**
 * Fails unless the lane holds nothing: no rows in Postgres, no keys in Redis, no nodes in Neo4j. Seeds count; what
 * migration tools write down for themselves does not. Services of other kinds are not looked at.
 * @throws ISOLANE_LANE_NOT_EMPTY with a list of what is there; ISOLANE_CLIENT_MISSING, ISOLANE_SERVER_UNREACHABLE
 */
export async function expectEmpty(lane: { readonly name: string }): Promise<void> {
  const found = (await (lane as WithContents)[contents]?.()) ?? []
  if (found.length === 0) return
  throw new IsolaneError({
    code: 'ISOLANE_LANE_NOT_EMPTY',
    message: `${lane.name} is not empty`,
    remedy: 'remove what is listed, or have the lane made clean before (`await lane.reset()`)',
    output: found.join('\n'),
  })
}
