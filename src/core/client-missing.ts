import { IsolaneError } from './errors.ts'

/** For an optional package that could not be loaded. `partner` is what it talks to, for people. */
export function clientMissing(name: string, partner: string, cause: unknown): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_CLIENT_MISSING',
    message: `The package ${name}, with which Isolane talks to ${partner}, can not be loaded`,
    remedy: `run \`npm install -D ${name}\``,
    cause,
  })
}
