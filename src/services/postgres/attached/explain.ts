import { IsolaneError, messageOf } from '../../../core/errors.ts'
import { type Access, sqlState } from '../client.ts'
import { identifier } from '../sql.ts'

/** What a server that is not ours is called in messages. */
export function serverName({ host, port }: Access): string {
  return `PostgreSQL at ${host.includes(':') ? `[${host}]` : host}:${port}`
}

export function refused(access: Access, message: string, remedy: string, cause?: unknown): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_ATTACH_REFUSED',
    message: `${serverName(access)}: ${message}`,
    remedy,
    cause,
  })
}

/** For PgBouncer and its kind, where each statement may reach another connection of the server. */
export function pooled(access: Access, cause?: unknown): IsolaneError {
  const message = 'a connection pooler answers, behind which locks and settings do not last'
  return refused(access, message, 'give the URL of the server itself', cause)
}

/** Why a server that somebody else runs does not let us in, and what its user can do about that. */
export function explain(access: Access, error: unknown): IsolaneError {
  if (/unsupported startup parameter/.test(messageOf(error))) return pooled(access, error)
  const [what, remedy] = reasonAndRemedy(access, error)
  return new IsolaneError({
    code: isRefusal(error) ? 'ISOLANE_ATTACH_REFUSED' : 'ISOLANE_SERVER_UNREACHABLE',
    message: `${serverName(access)} can not be used: ${what}`,
    remedy,
    cause: error,
  })
}

function reasonAndRemedy({ user }: Access, error: unknown): readonly [string, string] {
  const message = messageOf(error).split('\n')[0] ?? ''
  const role = `the role ${identifier(user)}`
  if (isUntrusted(error)) {
    return [
      `its certificate is not trusted (${message})`,
      'add `sslrootcert=FILE` to the URL, with the certificate of whoever signed it, or correct its host',
    ]
  }
  if (/does not support SSL/.test(message))
    return ['it has no TLS', 'take `sslmode` out of the URL, or turn TLS on there']
  if (/SASL/.test(message)) return [`it wants a password of ${role}`, 'put it into the URL or PGPASSWORD']
  switch (sqlState(error)) {
    case '28P01':
      return [`it refuses the password of ${role}`, 'correct it in the URL or PGPASSWORD']
    case '28000':
      return /no encryption|SSL off/.test(message)
        ? [`it refuses ${role} without TLS`, 'add `sslmode=require` to the URL']
        : [message, 'correct the URL, or have an administrator let the role in (pg_hba.conf)']
    case '3D000':
      return [message, 'end the URL with the name of a database that exists, such as /postgres']
    case '53300':
      return [
        'it has no connection left',
        'end some, or raise its max_connections; a tenth of them and five are the most that Isolane takes itself',
      ]
    case '57P03':
      return [message, 'wait until it has started']
    default:
      return [message, 'see whether that server runs, and correct the URL']
  }
}

/** It answers, and would do so again. */
function isRefusal(error: unknown): boolean {
  const state = sqlState(error) ?? ''
  return isUntrusted(error) || /^(28...|3D000|42501)$/.test(state) || /SASL|does not support SSL/.test(messageOf(error))
}

function isUntrusted(error: unknown): boolean {
  return /CERT|UNABLE_TO_VERIFY|SELF_SIGNED/.test(sqlState(error) ?? '')
}
