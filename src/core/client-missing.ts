import { IsolaneError, messageOf } from './errors.ts'

/** For an optional package that could not be loaded. `partner` is what it talks to, for people. */
export function clientNotLoaded(name: string, partner: string, cause: unknown): IsolaneError {
  const what = `The package ${name}, with which Isolane talks to ${partner},`
  if (isMissing(name, cause)) {
    return new IsolaneError({
      code: 'ISOLANE_CLIENT_MISSING',
      message: `${what} is not installed`,
      remedy: `run \`npm install -D ${name}\``,
      cause,
    })
  }
  return new IsolaneError({
    code: 'ISOLANE_CLIENT_UNUSABLE',
    message: `${what} is installed, but can not be loaded here (${messageOf(cause).split('\n')[0]})`,
    remedy: lacksGlobal(cause)
      ? 'it needs what Node has; in Jest, put `@jest-environment node` into a comment at the top of the test file'
      : 'see the cause, and install it again if it is damaged',
    cause,
  })
}

/** Whether the package itself is what was not found, and not one that it needs. Node, Jest and Yarn each say it their way. */
function isMissing(name: string, cause: unknown): boolean {
  const { code, pnpCode, message } = cause as { readonly code?: string; pnpCode?: string; readonly message?: string }
  const named = new RegExp(`(?:'|"|to access )${name}(?:['", ]|$)`, 'm').test(message ?? '')
  return named && (pnpCode !== undefined || code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND')
}

/** As in jsdom. An error from there is of a class of its own. */
function lacksGlobal(cause: unknown): boolean {
  return (cause as { readonly name?: string }).name === 'ReferenceError'
}
