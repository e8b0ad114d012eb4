import { IsolaneError, messageOf } from '../../../core/errors.ts'

/** Neo4j's own code, as `Neo.ClientError.Security.Unauthorized`, or the driver's, as `ServiceUnavailable`. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

/** One database only: the code varies by version, and a server without the command may not even parse it. */
export function isUnsupported(error: unknown): boolean {
  const code = codeOf(error)
  return (
    /UnsupportedAdministrationCommand|NotSystemDatabaseError|Statement\.SyntaxError|FeatureNotAvailable/.test(code) ||
    /unsupported administration command|not (supported|available) (in|on) (this|community)/i.test(messageOf(error))
  )
}

export function isForbidden(error: unknown): boolean {
  return /Security\.Forbidden/.test(codeOf(error)) || /permission denied/i.test(messageOf(error))
}

export function isNotFound(error: unknown): boolean {
  return /DatabaseNotFound/.test(codeOf(error)) || /database.*(does not exist|not found)/i.test(messageOf(error))
}

/** A database that is being made, or a server that changes its mind. */
export function mayPass(error: unknown): boolean {
  return /DatabaseUnavailable|TransientError|ServiceUnavailable|SessionExpired/.test(codeOf(error)) || isNotFound(error)
}

/** A server that is being restarted, or a database that has not come up yet. */
export function isAway(error: unknown): boolean {
  return /ServiceUnavailable|SessionExpired|DatabaseUnavailable/.test(codeOf(error))
}

export function isUnreachable(error: unknown): boolean {
  return /ServiceUnavailable|SessionExpired|Security\.(Unauthorized|AuthenticationRateLimit|CredentialsExpired)/.test(
    codeOf(error),
  )
}

export function unreachable(url: string, user: string, error: unknown): IsolaneError {
  const refused = codeOf(error).includes('Security')
  return new IsolaneError({
    code: refused ? 'ISOLANE_ATTACH_REFUSED' : 'ISOLANE_SERVER_UNREACHABLE',
    message: refused
      ? `Neo4j at ${url} does not let user ${user} in: ${firstLine(error)}`
      : `Neo4j at ${url} can not be used: ${firstLine(error)}`,
    remedy: refused
      ? 'correct user and password in the `url` option, or in NEO4J_USER and NEO4J_PASSWORD'
      : 'see whether the server runs, and whether the scheme fits it: `+s` for TLS, `+ssc` for TLS with a certificate of its own',
    cause: error,
  })
}

export function firstLine(error: unknown): string {
  return (messageOf(error).split('\n')[0] ?? '').replace(/\.$/, '')
}
