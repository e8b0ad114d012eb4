import * as v from 'valibot'
import type { LaneEndpoint } from '../../core/contracts.ts'
import { messageOf } from '../../core/errors.ts'
import { isolationSchema, portSchema, refuseBesideUrl, stepSchema, validateOptions } from '../../core/options.ts'
import type { Step } from '../../core/template-steps.ts'
import { parseUrl } from './attached/url.ts'
import { type PostgresRole, postgresRoles } from './environments/role-names.ts'

export const postgresVersions = ['13', '14', '15', '16', '17', '18'] as const

export type PostgresVersion = (typeof postgresVersions)[number]

/** How a lane's database is reached. */
export type PostgresLane = LaneEndpoint & {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
  /** `disable`, or what libpq's `sslmode` has to be for the server it is on. */
  readonly sslmode: string
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
  /**
   * Users that each environment's database has besides its owner: `app` creates, reads and writes, and is who programs
   * connect as; `readonly` and `backup` read everything; `monitor` sees how the server does, and no data. Test lanes have
   * none of them.
   */
  readonly roles?: readonly PostgresRole[]
  /** `instance`: a server for each lane; `shared`: one for all. As the stack's `mode` says unless told otherwise. */
  readonly isolation?: 'shared' | 'instance'
  /**
   * The container image of the docker runtime: `postgis/postgis:17-3.5`. The official one unless told otherwise.
   * `{version}` in it stands for the major version, so that it can be had in others: `pgvector/pgvector:pg{version}`.
   */
  readonly image?: string
  /**
   * A running server to make lanes in, beside whatever it holds: `postgres://USER:PASSWORD@HOST:5432/postgres?sslmode=…`.
   * Parameters mean what they mean to libpq, and lanes' URLs carry them. What is left out comes from `PGUSER`,
   * `PGPASSWORD`, `PGSSLMODE` and their kind; with `runtime: 'attach'` and no `url`, the server does too, from
   * `DATABASE_URL` or `PGHOST`.
   *
   * The role needs CREATEDB. With CREATEROLE lanes get a role of their own, which can reach nothing else; else they log in
   * as the role given. A superuser's lanes are reset in place; without one, a reset is a fresh clone of the template.
   *
   * Only databases and roles that Isolane made are ever touched. At the end the run's own are dropped. The last five
   * templates stay, with the role that owns them, so that later runs need not migrate; what a killed run has left, the
   * next run removes.
   */
  readonly url?: string
}

export const defaultVersion: PostgresVersion = '17'

const schema = v.strictObject({
  version: v.optional(v.picklist(postgresVersions, `Expected one of ${postgresVersions.join(', ')} (as a string)`)),
  port: v.optional(portSchema),
  migrations: v.optional(stepSchema<Step<PostgresLane>>()),
  seed: v.optional(stepSchema<Step<PostgresLane>>()),
  extensions: v.optional(v.array(v.pipe(v.string(), v.nonEmpty()), 'Expected a list of extension names')),
  roles: v.optional(
    v.array(v.picklist(postgresRoles, `Expected some of ${postgresRoles.join(', ')}`), 'Expected a list of roles'),
  ),
  isolation: v.optional(isolationSchema),
  image: v.optional(v.pipe(v.string('Expected the name of an image'), v.nonEmpty('Expected the name of an image'))),
  url: v.optional(v.pipe(v.string('Expected a URL'), v.rawCheck(checkUrl))),
})

type UrlCheck = Parameters<Parameters<typeof v.rawCheck<string>>[0]>[0]

function checkUrl({ dataset, addIssue }: UrlCheck): void {
  if (!dataset.typed) return
  try {
    parseUrl(dataset.value)
  } catch (error) {
    addIssue({ message: messageOf(error) })
  }
}

/** @throws ISOLANE_OPTION_INVALID */
export function checkOptions(options: unknown): PostgresOptions {
  const checked = validateOptions('postgres', schema, options) as PostgresOptions
  refuseBesideUrl('postgres', checked)
  return checked
}
