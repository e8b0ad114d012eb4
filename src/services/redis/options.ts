import * as v from 'valibot'
import type { LaneEndpoint } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'
import { portSchema, stepSchema, validateOptions } from '../../core/options.ts'
import type { Step } from '../../core/template-steps.ts'

/** How a lane's keys are reached. */
export type RedisLane = LaneEndpoint & {
  readonly host: string
  readonly port: number
  readonly username: string
  readonly password: string
  /** The lane's DB number. Never 0. */
  readonly database: number
  /** What answers at the address: `valkey` or `redis`. */
  readonly server: string
}

/** A seed is code that writes keys: there are no files to run. */
export type RedisSeed = Exclude<Step<RedisLane>, string>

export interface RedisOptions {
  /**
   * `'7'`, `'6.2'` and the like are versions of Redis, `'valkey@9'` of Valkey. Unless told otherwise: a Valkey from 8 on
   * or a Redis from 6.2 on that is on the machine, else Valkey 9, which is provided.
   */
  readonly version?: string
  /** A fixed port for the server. Any free one unless told otherwise. */
  readonly port?: number
  /** What every lane begins with and every reset restores. */
  readonly seed?: RedisSeed
  /**
   * `instance`: a server process for each lane. Only then are pub/sub, scripts, functions and `FLUSHALL` a lane's own.
   * Default: `shared`.
   */
  readonly isolation?: 'shared' | 'instance'
}

const schema = v.strictObject({
  version: v.optional(v.pipe(v.string('Expected a text such as "7" or "valkey@9"'), v.nonEmpty())),
  port: v.optional(portSchema),
  seed: v.optional(
    v.pipe(
      stepSchema<Step<RedisLane>>(),
      v.check((seed) => typeof seed !== 'string', 'Expected a function, { run, inputs } or { command, inputs }'),
    ),
  ),
  isolation: v.optional(v.picklist(['shared', 'instance'], 'Expected "shared" or "instance"')),
})

/** @throws ISOLANE_OPTION_INVALID, ISOLANE_VERSION_UNSUPPORTED */
export function checkOptions(options: unknown): RedisOptions {
  const checked = validateOptions('redis', schema, options) as RedisOptions
  parseVersion(checked.version)
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
export function parseVersion(text: string | undefined): WantedVersion | undefined {
  if (text === undefined) return undefined
  const parts = /^(?:(redis|valkey)@?)?(\d+(?:\.\d+){0,2})?$/.exec(text)
  if (!parts || text === '') throw unsupported(text, 'is no version of Redis or Valkey')
  const name = parts[1] === 'valkey' ? 'valkey' : 'redis'
  const version = parts[2] ?? provided[name]
  const [major = 0, minor = Number.POSITIVE_INFINITY] = version.split('.').map(Number)
  const [oldestMajor, oldestMinor] = oldest[name]
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
    throw unsupported(text, `is older than ${name} ${oldestMajor}.${oldestMinor}`)
  }
  return { name, version }
}

function unsupported(text: string, why: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_VERSION_UNSUPPORTED',
    message: `redis: version "${text}" ${why}`,
    remedy: 'ask for "6.2", "7" or "8" (Redis), or "valkey@8" or "valkey@9"',
  })
}
