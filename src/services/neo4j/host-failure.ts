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
  if (error.code === 'NOT_RUNNING' || error.code === 'STATE_LOST') {
    return new IsolaneError({
      code,
      message: `${message}: ${error.message.split('\n')[0]}`,
      remedy: '`isolane down` and `isolane up` start it anew with what is on the disk',
      output: error.message.split('\n').slice(1).join('\n'),
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
