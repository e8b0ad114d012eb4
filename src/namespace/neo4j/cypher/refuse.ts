import { IsolaneError } from '../../../core/errors.ts'

/** The query's text is not in the message, as it may hold what is nobody's business; its line and column are. */
export function refuse(text: string, at: number, why: string, remedy: string): never {
  const before = text.slice(0, at).split('\n')
  const column = (before.at(-1)?.length ?? 0) + 1
  throw new IsolaneError({
    code: 'ISOLANE_QUERY_REFUSED',
    message: `The query was not sent, as ${why} (line ${before.length}, column ${column})`,
    remedy,
  })
}
