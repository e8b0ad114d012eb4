/** Every code that Isolane's errors carry. docs/errors.md lists each one; a test holds the two against each other. */
export const errorCodes = [
  'CONFIG_NOT_FOUND',
  'CONFIG_UNREADABLE',
  'CONFIG_INVALID',
  'OPTION_INVALID',
  'VERSION_UNSUPPORTED',
  'CLIENT_MISSING',
  'CLIENT_UNUSABLE',
  'ENGINE_NOT_FOUND',
  'ENGINE_INSTALL_FAILED',
  'ENGINE_DAMAGED',
  'JAVA_NOT_FOUND',
  'CACHE_NOT_WRITABLE',
  'STATE_NOT_WRITABLE',
  'DISK_FULL',
  'PORT_TAKEN',
  'RUNTIME_UNSUPPORTED',
  'IMAGE_UNAVAILABLE',
  'ATTACH_REFUSED',
  'START_FAILED',
  'START_TIMED_OUT',
  'STOP_TIMED_OUT',
  'INSTANCE_ENDED',
  'SERVER_UNREACHABLE',
  'MIGRATIONS_NOT_FOUND',
  'MIGRATION_FAILED',
  'SEED_FAILED',
  'TEMPLATE_FAILED',
  'LANE_FAILED',
  'LANES_EXHAUSTED',
  'LANE_LOST',
  'LANE_NOT_EMPTY',
  'RESET_FAILED',
  'SNAPSHOT_UNSUPPORTED',
  'SNAPSHOT_NOT_FOUND',
  'SNAPSHOT_EXISTS',
  'SNAPSHOT_FAILED',
  'SNAPSHOT_DAMAGED',
  'SNAPSHOT_REFUSED',
  'RESTORE_FAILED',
  'TEMPLATE_REFUSED',
  'UPGRADE_REFUSED',
  'UPGRADE_FAILED',
  'ENVIRONMENT_CHANGED',
  'ENVIRONMENT_PROTECTED',
  'QUERY_REFUSED',
  'MIGRATE_FAILED',
  'SETUP_FAILED',
  'SETUP_MISSING',
  'STACK_NOT_UP',
  'STACK_ALREADY_UP',
  'STACK_CLOSED',
  'PROTOCOL',
  'ABORTED',
] as const

export type ErrorCode = `ISOLANE_${(typeof errorCodes)[number]}`

export interface ErrorParts {
  readonly code: ErrorCode
  /** What happened, to what: the beginning of the first line, without a full stop. */
  readonly message: string
  /** What to do about it: the end of the first line, without a full stop. */
  readonly remedy: string
  /** Output of a program or server, shown below the first line. */
  readonly output?: string
  readonly cause?: unknown
}

/** The one error class. Its first line stands alone; `code` is stable. */
export class IsolaneError extends Error {
  override readonly name = 'IsolaneError'
  readonly code: ErrorCode
  /** What happened, without the remedy. */
  declare readonly reason: string
  declare readonly remedy: string
  declare readonly output: string | undefined

  constructor(parts: ErrorParts) {
    const output = parts.output?.trim()
    super(
      `${parts.message}: ${parts.remedy} [${parts.code}]${output ? `\n${indent(output)}` : ''}`,
      parts.cause === undefined ? undefined : { cause: parts.cause },
    )
    this.code = parts.code
    // The message has them: not enumerable, so that whoever prints an error with its properties does not repeat them.
    Object.defineProperties(this, {
      reason: { value: parts.message },
      remedy: { value: parts.remedy },
      output: { value: output },
    })
  }
}

/** Also one of another copy of this package: that of the config's project, when the command line is installed elsewhere. */
export function isIsolaneError(error: unknown, ...codes: readonly ErrorCode[]): error is IsolaneError {
  const { name, code } = (error ?? {}) as { readonly name?: unknown; readonly code?: ErrorCode }
  return name === 'IsolaneError' && code !== undefined && (codes.length === 0 || codes.includes(code))
}

/** The text of whatever was thrown, without its stack. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(messageOf).join('; ')
  if (error instanceof Error) return error.message || error.name
  return String(error)
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')
}
