import { type ErrorCode, IsolaneError } from '../../core/errors.ts'
import { HostError } from './host-client.ts'

/** An error of the host program as one of ours; others as they are. */
export function hostFailure(error: unknown, service: string, code: ErrorCode, message: string): unknown {
  if (!(error instanceof HostError)) return error
  if (error.code === 'DISK_FULL') {
    return new IsolaneError({
      code: 'ISOLANE_DISK_FULL',
      message: `${message}: no space left`,
      remedy: 'free some, or use fewer lanes',
      cause: error,
    })
  }
  if (error.code === 'NO_LANE') {
    return new IsolaneError({
      code: 'ISOLANE_LANE_LOST',
      message: `${service}: ${error.message}`,
      remedy: 'create it first',
      cause: error,
    })
  }
  const [first = '', ...rest] = error.message.split('\n')
  return new IsolaneError({
    code,
    message: `${message}: ${first}`,
    remedy: 'see what the server wrote (`isolane logs neo4j`)',
    output: rest.join('\n'),
    cause: error,
  })
}
