import * as v from 'valibot'
import type { ResolvedConfig, StackConfig } from './config.ts'
import { isProduction } from './environment-names.ts'
import { IsolaneError } from './errors.ts'
import { isolationSchema, validateOptions } from './options.ts'

const positive = v.pipe(v.number(), v.integer(), v.minValue(1))
const mode = v.picklist(['shared', 'isolated', 'auto'], 'Expected "shared", "isolated" or "auto"')

const after = v.picklist(
  ['teardown', 'snapshot', 'snapshot-on-failure'],
  'Expected "teardown", "snapshot" or "snapshot-on-failure"',
)

const versions = v.pipe(
  v.record(v.string(), v.pipe(v.string(), v.nonEmpty())),
  // None at all would be all combinations.
  v.check((each) => Object.keys(each).length > 0, 'Expected the version of a service'),
)

const environment = v.strictObject({
  lanes: v.optional(v.boolean()),
  protected: v.optional(v.boolean()),
  password: v.optional(
    v.union(
      [
        v.strictObject({ variable: v.pipe(v.string(), v.nonEmpty()) }),
        v.strictObject({ command: v.pipe(v.array(v.string()), v.minLength(1)) }),
      ],
      'Expected { variable: "NAME" } or { command: ["program", "argument"] }',
    ),
  ),
})

const environmentName = v.pipe(
  v.string(),
  v.regex(/^[a-z][a-z0-9-]{0,19}$/, 'names of environments must be lower-case letters, digits and dashes, at most 20'),
  v.check((name) => !name.startsWith('lane-'), 'lanes are called so'),
)

const schema = v.strictObject({
  name: v.optional(
    v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be lower-case letters, digits and dashes')),
  ),
  services: v.record(
    v.pipe(
      v.string(),
      v.regex(/^[A-Za-z][A-Za-z0-9_-]{0,39}$/, 'service names must be letters, digits, dashes, underscores'),
      v.check(
        (name) => !['name', 'env', 'reset', 'snapshot', 'restore'].includes(name),
        'a lane has something else by that name',
      ),
    ),
    v.looseObject({
      service: v.looseObject({ kind: v.string() }),
      options: v.looseObject({}),
      runtime: v.optional(v.string()),
      isolation: v.optional(isolationSchema),
    }),
  ),
  runtime: v.optional(v.union([v.string(), v.record(v.string(), v.string())])),
  mode: v.optional(mode),
  lanes: v.optional(positive),
  reset: v.optional(v.picklist(['file', 'test', 'never'], 'Expected "file", "test" or "never"')),
  keep: v.optional(v.picklist(['nothing', 'failed', 'stack'], 'Expected "nothing", "failed" or "stack"')),
  after: v.optional(after),
  retention: v.optional(
    v.strictObject({ days: v.optional(positive), count: v.optional(positive), bytes: v.optional(positive) }),
  ),
  leaseTimeout: v.optional(positive),
  environments: v.optional(v.record(environmentName, environment)),
  matrix: v.optional(
    v.objectWithRest(
      { include: v.optional(v.array(versions)), exclude: v.optional(v.array(versions)) },
      v.pipe(
        v.array(v.pipe(v.string(), v.nonEmpty()), 'Expected a list of versions'),
        v.minLength(1, 'Expected a version'),
      ),
    ),
  ),
  env: v.optional(v.function()),
  // Merged by now; here for the list of options.
  presets: v.optional(v.undefined()),
})

const count = v.pipe(v.string(), v.regex(/^[1-9]\d{0,6}$/, 'must be a whole number above 0'), v.transform(Number))

const overrides = v.strictObject({
  ISOLANE_RUNTIME: v.optional(v.string()),
  ISOLANE_MODE: v.optional(mode),
  ISOLANE_LANES: v.optional(count),
  ISOLANE_AFTER: v.optional(after),
})

/**
 * Checks a config and fills in defaults and the overrides of `ISOLANE_RUNTIME`, `ISOLANE_MODE`, `ISOLANE_LANES` and
 * `ISOLANE_AFTER`.
 * @throws ISOLANE_OPTION_INVALID naming the option, ISOLANE_CONFIG_INVALID when there are no services.
 */
export function resolveConfig(
  config: StackConfig,
  root: string,
  environment: NodeJS.ProcessEnv = process.env,
): ResolvedConfig {
  validateOptions('isolane.config', schema, config)
  if (Object.keys(config.services).length === 0) {
    throw new IsolaneError({
      code: 'ISOLANE_CONFIG_INVALID',
      message: 'The config names no services',
      remedy: 'add at least one, such as `services: { postgres: postgres() }`',
    })
  }
  checkLanes(config.environments)
  checkEndings(Object.keys(config.environments ?? {}))
  const set = Object.fromEntries(Object.keys(overrides.entries).map((name) => [name, environment[name] || undefined]))
  const overriding = validateOptions('environment', overrides, set)
  const mode = overriding.ISOLANE_MODE ?? config.mode ?? 'shared'
  return {
    name: config.name ?? 'default',
    services: config.services,
    runtime: runtimesByService(config, overriding.ISOLANE_RUNTIME),
    mode: mode === 'auto' ? (isCi(environment) ? 'isolated' : 'shared') : mode,
    lanes: overriding.ISOLANE_LANES ?? config.lanes,
    reset: config.reset ?? 'file',
    keep: keepOf(config, environment),
    after: overriding.ISOLANE_AFTER ?? config.after ?? 'teardown',
    retention: config.retention ?? {},
    leaseTimeout: config.leaseTimeout ?? 60_000,
    env: config.env ?? (() => ({})),
    matrix: config.matrix ?? {},
    environments: config.environments ?? {},
    start: {},
    root,
  }
}

/** Test lanes are beside one environment at most, and beside none that is to be spared. */
function checkLanes(environments: StackConfig['environments'] = {}): void {
  const named = Object.entries(environments).filter(([, { lanes }]) => lanes)
  const spared = named.find(([name, { protected: isProtected }]) => isProtected || isProduction(name))
  if (named.length < 2 && !spared) return
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: spared
      ? `isolane.config: the environment ${spared[0]} is protected and has \`lanes\``
      : `isolane.config: ${named.map(([name]) => name).join(' and ')} both have \`lanes\``,
    remedy: 'give `lanes: true` to the one environment that test runs are for',
  })
}

/** A server's users have names of their own for each environment: `dev-app` would own what is called as the user `app` of `dev`. */
function checkEndings(names: readonly string[]): void {
  for (const name of names) {
    const other = ['app', 'readonly', 'backup', 'monitor']
      .map((role) => `${name}-${role}`)
      .find((each) => names.includes(each))
    if (other === undefined) continue
    throw new IsolaneError({
      code: 'ISOLANE_OPTION_INVALID',
      message: `isolane.config: an environment can't be called ${other} beside ${name}, one of whose users in PostgreSQL has that name`,
      remedy: `call ${other} something else`,
    })
  }
}

/** Of the many stacks of a version matrix none stays up, save where a failed test wants to be looked at. */
function keepOf({ keep = 'nothing' }: StackConfig, environment: NodeJS.ProcessEnv): ResolvedConfig['keep'] {
  return environment.ISOLANE_COMBINATION && keep === 'stack' ? 'nothing' : keep
}

/** What the definition demands comes first: a server given by its URL is no other server, whatever is overridden. */
function runtimesByService(config: StackConfig, override: string | undefined): Record<string, string> {
  const { runtime = 'auto', services } = config
  const wanted: Readonly<Record<string, string | undefined>> =
    typeof runtime === 'string' ? { default: runtime } : runtime
  const stranger = Object.keys(wanted).find((name) => name !== 'default' && !(name in services))
  if (stranger !== undefined) {
    throw new IsolaneError({
      code: 'ISOLANE_OPTION_INVALID',
      message: `isolane.config: \`runtime\` names ${stranger}, which is no service`,
      remedy: `choose from default, ${Object.keys(services).join(', ')}`,
    })
  }
  const chosen = Object.entries(services).map(([name, definition]) => {
    const own = wanted[name]
    if (definition.runtime !== undefined && own !== undefined && own !== 'auto' && own !== definition.runtime) {
      throw new IsolaneError({
        code: 'ISOLANE_OPTION_INVALID',
        message: `isolane.config: the runtime of ${name} can't be ${own}: the service is made for ${definition.runtime}`,
        remedy: `take ${name} out of \`runtime\`, or change the service's options`,
      })
    }
    return [name, definition.runtime ?? override ?? own ?? wanted.default ?? 'auto']
  })
  return Object.fromEntries(chosen)
}

export function isCi(environment: NodeJS.ProcessEnv = process.env): boolean {
  return Boolean(environment.CI) && environment.CI !== 'false' && environment.CI !== '0'
}
