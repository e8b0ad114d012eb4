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
  // A spread has it too: of a lane that could not be looked into, nobody would know that it is not empty.
  Object.assign(opened, { [contents]: value })
}

/**
 * Fails unless the lane holds nothing: no rows in Postgres, no keys in Redis, no nodes in Neo4j. Seeds count; what
 * migration tools write down for themselves does not. Services of other kinds are not looked at.
 * @throws ISOLANE_LANE_NOT_EMPTY with a list of what is there; ISOLANE_OPTION_INVALID for what is no lane, or holds what
 * can't be counted; ISOLANE_CLIENT_MISSING, ISOLANE_CLIENT_UNUSABLE, ISOLANE_SERVER_UNREACHABLE
 */
export async function expectEmpty(lane: { readonly name: string }): Promise<void> {
  const list = (lane as WithContents)[contents]
  if (!list) throw noLane()
  const found = await list()
  if (found.length === 0) return
  throw new IsolaneError({
    code: 'ISOLANE_LANE_NOT_EMPTY',
    message: `${lane.name} is not empty`,
    remedy: 'remove what is listed, or have the lane made clean before (`await lane.reset()`)',
    output: found.join('\n'),
  })
}

function noLane(): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: '`expectEmpty` was given something that is no lane, so that it can not tell what is there',
    remedy: 'give it the lane of the test, or what `lease()` returned, and no copy made through JSON',
  })
}
