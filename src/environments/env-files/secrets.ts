import type { EnvironmentConfig, ResolvedConfig } from '../../core/config.ts'
import type { Lane } from '../../core/lane.ts'

/** A password that is not written, and the variable that is to hold it. */
interface Secret {
  readonly value: string
  readonly variable: string
}

export interface WithoutSecrets {
  readonly variables: Readonly<Record<string, string>>
  /** The variables that must be set elsewhere for these to be complete. */
  readonly needed: readonly string[]
}

/**
 * The variables of an environment with references, as `${STAGING_POSTGRES_PASSWORD}`, in place of its passwords, also where
 * these are parts of URLs. A variable that the config names for the password is what is referred to; where a URL has the
 * password encoded, one of the same name with `_URL_ENCODED`, which is to hold it so.
 */
export function withoutSecrets({ environments }: ResolvedConfig, { id, endpoints, env }: Lane): WithoutSecrets {
  const secrets = Object.entries(endpoints).flatMap(([service, endpoint]) =>
    Object.entries(endpoint).flatMap(([field, value]) => {
      const found = secretIn(field, value)
      if (!found) return []
      return [
        {
          value: found.value,
          variable: named(environments[id.name], found.of) ?? constantCase(id.name, service, ...found.of, 'password'),
        },
      ]
    }),
  )
  const needed = new Set<string>()
  const variables = Object.entries(env).map(([name, value]) => [name, hidden(value, secrets, needed)])
  return { variables: Object.fromEntries(variables), needed: [...needed] }
}

/**
 * The password that a field of an endpoint is, or has in its URL.
 * @returns with `of`, whose it is where there are several: `readonly` for the field `readonlyUrl`
 */
function secretIn(field: string, value: string | number): { value: string; of: readonly string[] } | undefined {
  const [, whose = ''] = /^(.*?)(?:password|url)$/i.exec(field) ?? []
  const text = String(value)
  const secret = /password$/i.test(field) ? text : decodeURIComponent(URL.parse(text)?.password ?? '')
  return secret ? { value: secret, of: whose ? [whose] : [] } : undefined
}

function named(environment: EnvironmentConfig | undefined, of: readonly string[]): string | undefined {
  const { password } = environment ?? {}
  return password && 'variable' in password && of.length === 0 ? password.variable : undefined
}

/** Only where a password stands: the same text elsewhere, as in the name of the environment, is none. */
function hidden(value: string, secrets: readonly Secret[], needed: Set<string>): string {
  const reference = (variable: string) => {
    needed.add(variable)
    return `\${${variable}}`
  }
  const whole = secrets.find((secret) => secret.value === value)
  if (whole) return reference(whole.variable)
  return secrets.flatMap(formsOf).reduce(
    (text, { form, variable }) =>
      text.replaceAll(form, (found, offset: number) => {
        return isPassword(text.slice(0, offset), text.slice(offset + form.length)) ? reference(variable) : found
      }),
    value,
  )
}

/** As it may be written in a URL: each way of encoding it leads to the same password, so that one variable does for all. */
function formsOf({ value, variable }: Secret): { form: string; variable: string }[] {
  const url = new URL('scheme://user@host')
  url.password = value
  const encoded = new Set([encodeURIComponent(value), url.password])
  encoded.delete(value)
  return [{ form: value, variable }, ...[...encoded].map((form) => ({ form, variable: `${variable}_URL_ENCODED` }))]
}

/** In `scheme://user:HERE@host`, and in `password=HERE` of a connection string. */
function isPassword(before: string, after: string): boolean {
  if (after.startsWith('@')) return /:\/\/[^:@/?#\s]*:$/.test(before)
  return /password=$/i.test(before) && /^(?:[&;,\s]|$)/.test(after)
}

/** `STAGING_POSTGRES_READONLY_PASSWORD` */
function constantCase(...words: readonly string[]): string {
  return words
    .map((word) =>
      word
        .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
        .replaceAll(/\W+/g, '_')
        .toUpperCase(),
    )
    .join('_')
}
