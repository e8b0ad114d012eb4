import type { EnvironmentId } from './contracts.ts'
import { isProduction } from './environment-names.ts'
import { IsolaneError, messageOf } from './errors.ts'
import { closest } from './options.ts'

/** Milliseconds that what was saved counts as what is there. */
const savedRecently = 60 * 60 * 1_000

export function noSuchEnvironment(name: string, names: readonly string[]): IsolaneError {
  const meant = closest(name, names)
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `There is no environment "${name}"${meant === undefined ? '' : `; did you mean "${meant}"`}`,
    remedy: names.length > 0 ? `choose from ${names.join(', ')}` : 'name some with `environments` in the config',
  })
}

/** @throws ISOLANE_ENVIRONMENT_PROTECTED */
export function refuseProduction({ name }: EnvironmentId): void {
  if (!isProduction(name)) return
  throw new IsolaneError({
    code: 'ISOLANE_ENVIRONMENT_PROTECTED',
    message: `Isolane destroys nothing in ${name}`,
    remedy: "if that must be, do it with the database's own tools",
  })
}

/**
 * What this stack has not just saved itself may be in no snapshot, whatever anybody says.
 * @throws ISOLANE_ENVIRONMENT_PROTECTED
 */
export function refuseUnsaved({ name, protected: isProtected }: EnvironmentId, savedAt: number | undefined): void {
  if (!isProtected || (savedAt !== undefined && Date.now() - savedAt < savedRecently)) return
  throw new IsolaneError({
    code: 'ISOLANE_ENVIRONMENT_PROTECTED',
    message: `${name} is protected, and is wiped only when a verified snapshot holds what it has`,
    remedy: `make one first (\`isolane snapshot ${name}\`), then wipe it with \`isolane wipe ${name}\``,
  })
}

export function wipedInPart({ name }: EnvironmentId, cause: unknown, snapshot: string | undefined): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_RESET_FAILED',
    message: `${name} was wiped in part only (${messageOf(cause).split('\n')[0]})`,
    remedy:
      snapshot === undefined
        ? 'wipe it again'
        : `wipe it again, or bring back ${snapshot} with \`isolane undo ${name}\``,
    cause,
  })
}
