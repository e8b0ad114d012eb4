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
 * these are parts of URLs. A variable that the config names for the password is what is referred to.
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

/** Longest first: a password may be the beginning of another. */
function hidden(value: string, secrets: readonly Secret[], needed: Set<string>): string {
  const forms = secrets
    .flatMap(({ value: secret, variable }) => [secret, encodeURIComponent(secret)].map((text) => ({ text, variable })))
    .sort((left, right) => right.text.length - left.text.length)
  let text = value
  for (const { text: secret, variable } of forms) {
    // The same one may be told twice; who was first has its name.
    if (!text.includes(secret)) continue
    needed.add(variable)
    text = text.replaceAll(secret, () => `\${${variable}}`)
  }
  return text
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
