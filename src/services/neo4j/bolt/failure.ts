import { type ErrorCode, IsolaneError, isIsolaneError, messageOf } from '../../../core/errors.ts'
import type { Bolt } from './client.ts'
import { codeOf, firstLine, isForbidden, isNotFound, isUnreachable } from './errors.ts'

/** An error of a server that is talked to over Bolt alone, as one of ours. */
export function boltFailure(error: unknown, bolt: Bolt, code: ErrorCode, message: string): unknown {
  if (isIsolaneError(error) || (error instanceof Error && error.name === 'AbortError')) return error
  const parts = { cause: error, output: [codeOf(error), messageOf(error)].join('\n') }
  if (isNotFound(error)) {
    return new IsolaneError({
      code: 'ISOLANE_LANE_LOST',
      message: `${message}: its database is gone`,
      remedy: 'somebody dropped it, or took this run for dead: it is made anew for the next test file',
      ...parts,
    })
  }
  if (isUnreachable(error)) {
    return new IsolaneError({
      code: 'ISOLANE_SERVER_UNREACHABLE',
      message: `${message}: ${bolt.url} does not answer any more`,
      remedy: 'see whether that server still runs',
      ...parts,
    })
  }
  if (isForbidden(error)) {
    return new IsolaneError({
      code: 'ISOLANE_ATTACH_REFUSED',
      message: `${message}: the user has not the right to on ${bolt.url}: ${firstLine(error)}`,
      remedy:
        'let an administrator run `GRANT DATABASE MANAGEMENT ON DBMS TO role`, `GRANT ALL DATABASE PRIVILEGES ON DATABASE * TO role` and `GRANT ALL GRAPH PRIVILEGES ON GRAPH * TO role`, or attach as another user',
      ...parts,
    })
  }
  if (codeOf(error).includes('DatabaseLimitReached') || /limit (of \d+|on the number)/i.test(messageOf(error))) {
    return new IsolaneError({
      code,
      message: `${message}: the server may have no more databases`,
      remedy: 'raise its `dbms.max_databases`, or use fewer lanes',
      ...parts,
    })
  }
  return new IsolaneError({
    code,
    message: `${message}: ${firstLine(error)}`,
    remedy: 'see what the server logged',
    ...parts,
  })
}
