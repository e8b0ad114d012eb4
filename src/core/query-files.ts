import { IsolaneError } from './errors.ts'

/** For files of queries with a command of a shell in them. @param cause names the command */
export function shellCommandRefused(cause: Error): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `A file of queries has ${cause.message}`,
    remedy: 'remove it: each query is sent to the server as it is',
    cause,
  })
}
