import * as v from 'valibot'
import type { LaneEndpoint } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'
import { isolationSchema, portSchema, refuseBesideUrl, stepSchema, validateOptions } from '../../core/options.ts'
import type { Step } from '../../core/template-steps.ts'
import { parseUrl } from './attach.ts'

/** How a lane's keys are reached. */
export type RedisLane = LaneEndpoint & {
  readonly host: string
  readonly port: number
  readonly username: string
  readonly password: string
  /** The lane's DB number. A test lane's is never 0. */
  readonly database: number
  /** What answers at the address: `valkey` or `redis`. */
  readonly server: string
}

/** A seed is code that writes keys: there are no files to run. */
export type RedisSeed = Exclude<Step<RedisLane>, string>

/** DB numbers, both ends included. */
export type Grant = NonNullable<RedisOptions['databases']>

export interface RedisOptions {
  /**
   * `'7'`, `'6.2'` and the like are versions of Redis, `'valkey@9'` of Valkey. Unless told otherwise: a Valkey from 8 on
   * or a Redis from 6.2 on that is on the machine, else Valkey 9, which is provided.
   */
  readonly version?: string
  /** A fixed port for the server. Unless told otherwise 6379 for environments, and any free one for test lanes. */
  readonly port?: number
  /**
   * An image for the runtime `docker`: `redis:7`, `valkey/valkey:9`. In `registry.example/redis:{version}`, `{version}`
   * stands for the number in `version`. Its own default unless told otherwise.
   */
  readonly image?: string
  /**
   * A server that runs already, and stays: `redis://user:password@host:6379`, `rediss://…` for TLS (with what
   * NODE_EXTRA_CA_CERTS adds). It is never stopped and never wiped; lanes take only numbers out of `databases`. Without
   * it, the runtime `attach` looks for REDIS_URL, then for REDIS_HOST, REDIS_PORT, REDIS_USERNAME and REDIS_PASSWORD.
   */
  readonly url?: string
  /**
   * DB numbers of an attached server that Isolane may use: `{ from: 8, to: 15 }`, both included. There is no default.
   * Nothing else should use them; those that hold keys all the same are left alone. The first one, which must be empty,
   * keeps the record of which run uses which; one more holds the template, if there is a seed; each lane takes one. Runs
   * and machines may share a range. Other runtimes don't need it.
   */
  readonly databases?: { readonly from: number; readonly to: number }
  /** What every lane begins with and every reset restores. */
  readonly seed?: RedisSeed
  /**
   * `instance`: a server for each lane; `shared`: one for all. As the stack's `mode` says unless told otherwise. Only with
   * a server of its own are pub/sub, scripts, functions and `FLUSHALL` a lane's own.
   */
  readonly isolation?: 'shared' | 'instance'
}

const databaseNumber = v.pipe(
  v.number('Expected a DB number'),
  v.integer('Expected a whole DB number'),
  v.minValue(0, 'Expected a DB number, 0 or above'),
)

const schema = v.strictObject({
  version: v.optional(v.pipe(v.string('Expected a text such as "7" or "valkey@9"'), v.nonEmpty())),
  port: v.optional(portSchema),
  image: v.optional(v.pipe(v.string('Expected the name of an image, such as "redis:7"'), v.nonEmpty())),
  url: v.optional(
    v.pipe(
      v.string('Expected a URL such as "redis://user:password@host:6379"'),
      v.check((url) => parseUrl(url) !== undefined, 'Expected a URL such as "redis://user:password@host:6379"'),
    ),
  ),
  databases: v.optional(
    v.pipe(
      v.strictObject({ from: databaseNumber, to: databaseNumber }, 'Expected numbers such as { from: 8, to: 15 }'),
      v.check(({ from, to }) => from < to, 'Expected `to` above `from`: the first number keeps the record of leases'),
    ),
  ),
  seed: v.optional(
    v.pipe(
      stepSchema<Step<RedisLane>>(),
      v.check((seed) => typeof seed !== 'string', 'Expected a function, { run, inputs } or { command, inputs }'),
    ),
  ),
  isolation: v.optional(isolationSchema),
})

/** @throws ISOLANE_OPTION_INVALID, ISOLANE_VERSION_UNSUPPORTED */
export function checkOptions(options: unknown): RedisOptions {
  const checked = validateOptions('redis', schema, options) as RedisOptions
  parseVersion(checked.version)
  refuseBesideUrl('redis', checked)
  return checked
}

export interface WantedVersion {
  readonly name: 'redis' | 'valkey'
  /** A prefix of the exact version. */
  readonly version: string
}

/** Older ones lack `COPY`, or users that can be kept to some commands. */
const oldest: Readonly<Record<WantedVersion['name'], readonly [number, number]>> = { redis: [6, 2], valkey: [7, 2] }
/** For a name alone: what can be provided. */
const provided: Readonly<Record<WantedVersion['name'], string>> = { redis: '6.2', valkey: '9' }

/** `undefined` when anything that is new enough will do. @throws ISOLANE_VERSION_UNSUPPORTED */
export function parseVersion(text: string): WantedVersion
export function parseVersion(text: string | undefined): WantedVersion | undefined
export function parseVersion(text: string | undefined): WantedVersion | undefined {
  if (text === undefined) return undefined
  const parts = /^(?:(redis|valkey)@?)?(\d+(?:\.\d+){0,2})?$/.exec(text)
  if (!parts || text === '') throw unsupported(text, 'is no version of Redis or Valkey')
  const name = parts[1] === 'valkey' ? 'valkey' : 'redis'
  const version = parts[2] ?? provided[name]
  if (isTooOld({ name, version })) throw unsupported(text, `is older than ${name} ${oldest[name].join('.')}`)
  return { name, version }
}

/** What the options ask for; where they do not say, what is provided. */
export function wantedBy({ version, image }: RedisOptions): WantedVersion {
  const wanted = parseVersion(version)
  if (wanted) return wanted
  const name = image === undefined ? 'valkey' : imageServer(image)
  const [, tag] = /:v?(\d+(?:\.\d+){0,2})[^/:]*$/.exec(image?.split('@')[0] ?? '') ?? []
  return { name, version: tag ?? provided[name] }
}

/** Which server an image runs, by its name. */
export function imageServer(image: string): WantedVersion['name'] {
  return image.includes('valkey') ? 'valkey' : 'redis'
}

export function isTooOld({ name, version }: WantedVersion): boolean {
  const [major = 0, minor = Number.POSITIVE_INFINITY] = version.split('.').map(Number)
  const [oldestMajor, oldestMinor] = oldest[name]
  return major < oldestMajor || (major === oldestMajor && minor < oldestMinor)
}

function unsupported(text: string, why: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_VERSION_UNSUPPORTED',
    message: `redis: version "${text}" ${why}`,
    remedy: 'ask for "6.2", "7" or "8" (Redis), or "valkey@8" or "valkey@9"',
  })
}
