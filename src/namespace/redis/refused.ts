import { IsolaneError } from '../../core/errors.ts'

/** For a command that can't be kept within its namespace. `why` reads on from the command's name. */
export function refused(command: string, why: string, remedy = outside, cause?: unknown): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_QUERY_REFUSED',
    message: `${command.replace('|', ' ').toUpperCase()} ${why}`,
    remedy,
    ...(cause === undefined ? {} : { cause }),
  })
}

const outside = 'where it is meant for the whole server, send it by a client without keyspace()'
