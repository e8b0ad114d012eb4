import * as v from 'valibot'
import type { LaneEndpoint } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'
import { portSchema, stepSchema, validateOptions } from '../../core/options.ts'
import type { Step } from '../../core/template-steps.ts'

/** How a lane's database is reached. `url` is `bolt://host:port`; `neo4j://` works too. */
export type Neo4jLane = LaneEndpoint & {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

export interface Neo4jOptions {
  /** `'5.26'`, `'2025'`, `'2026'` or anything more exact, as `'2025.10'`. `'5.26'` unless told otherwise. */
  readonly version?: string
  /** Bolt port of the first lane; the second has the next one, and so on. Any free ones unless told otherwise. */
  readonly port?: number
  /** What makes the constraints and indexes: a Cypher file, a folder of them, a function or a command. Runs before `seed`. */
  readonly migrations?: Step<Neo4jLane>
  /** What every lane begins with and every reset restores. */
  readonly seed?: Step<Neo4jLane>
  /** A folder of plugin jars (APOC, GDS), for every lane. */
  readonly plugins?: string
  /** The database's name; `'neo4j'` unless told otherwise. */
  readonly database?: string
}

export const defaultVersion = '5.26'
const defaultDatabase = 'neo4j'

const schema = v.strictObject({
  version: v.optional(v.pipe(v.string('Expected a text such as "5.26" or "2026"'), v.nonEmpty())),
  port: v.optional(portSchema),
  migrations: v.optional(stepSchema<Step<Neo4jLane>>()),
  seed: v.optional(stepSchema<Step<Neo4jLane>>()),
  plugins: v.optional(v.pipe(v.string('Expected the path of a folder of jars'), v.nonEmpty('Expected a path'))),
  database: v.optional(
    v.pipe(
      v.string('Expected a name'),
      v.regex(
        /^[a-z][a-z0-9._-]{2,62}$/i,
        'Expected 3 to 63 characters: a letter first, then letters, digits, dots and dashes',
      ),
      v.check((name) => !name.toLowerCase().startsWith('system'), 'Names that begin with "system" are Neo4j\'s own'),
    ),
  ),
})

/** @throws ISOLANE_OPTION_INVALID, ISOLANE_VERSION_UNSUPPORTED */
export function checkOptions(options: unknown): Neo4jOptions {
  const checked = validateOptions('neo4j', schema, options) as Neo4jOptions
  checkVersion(checked.version ?? defaultVersion)
  return checked
}

/** The name the server has. No edition allows an underscore, which names in the wild often have; case means nothing. */
export function databaseName({ database = defaultDatabase }: Neo4jOptions): string {
  return database.toLowerCase().replaceAll('_', '-')
}

/** The lowest Java the version runs on. */
export function javaFor(version: string): number {
  return version.startsWith('5.') ? 17 : 21
}

function checkVersion(version: string): void {
  if (/^(5\.26|202[56])(\.\d+){0,2}$/.test(version)) return
  throw new IsolaneError({
    code: 'ISOLANE_VERSION_UNSUPPORTED',
    message: `neo4j: version "${version}" can't be run`,
    remedy: 'ask for "5.26", "2025" or "2026", or for an exact version of these',
  })
}
