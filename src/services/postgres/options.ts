import * as v from 'valibot'
import type { LaneEndpoint } from '../../core/contracts.ts'
import { portSchema, stepSchema, validateOptions } from '../../core/options.ts'
import type { Step } from '../../core/template-steps.ts'

export const postgresVersions = ['13', '14', '15', '16', '17', '18'] as const

export type PostgresVersion = (typeof postgresVersions)[number]

/** How a lane's database is reached. */
export type PostgresLane = LaneEndpoint & {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

export interface PostgresOptions {
  /** Major version; `'17'` unless told otherwise. */
  readonly version?: PostgresVersion
  /** A fixed port for the server. Any free one unless told otherwise. */
  readonly port?: number
  /** What makes the schema: a SQL file, a folder of them, a function or a command. Runs before `seed`. */
  readonly migrations?: Step<PostgresLane>
  /** What every lane begins with and every reset restores. */
  readonly seed?: Step<PostgresLane>
  /** Extensions to create before the migrations run, as a superuser: `['pgcrypto', 'citext']`. */
  readonly extensions?: readonly string[]
}

export const defaultVersion: PostgresVersion = '17'

const schema = v.strictObject({
  version: v.optional(v.picklist(postgresVersions, `Expected one of ${postgresVersions.join(', ')} (as a string)`)),
  port: v.optional(portSchema),
  migrations: v.optional(stepSchema<Step<PostgresLane>>()),
  seed: v.optional(stepSchema<Step<PostgresLane>>()),
  extensions: v.optional(v.array(v.pipe(v.string(), v.nonEmpty()), 'Expected a list of extension names')),
})

/** @throws ISOLANE_OPTION_INVALID */
export function checkOptions(options: unknown): PostgresOptions {
  return validateOptions('postgres', schema, options) as PostgresOptions
}
