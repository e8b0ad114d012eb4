import * as v from 'valibot'
import type { LaneEndpoint } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'
import { isolationSchema, portSchema, refuseBesideUrl, stepSchema, validateOptions } from '../../core/options.ts'
import type { Step } from '../../core/template-steps.ts'

/** How a lane's database is reached. `url` is `bolt://host:port`; `neo4j://` works too. */
export type Neo4jLane = LaneEndpoint & {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
  /** Where it answers over HTTP. Environments only. */
  readonly http?: string
}

export const pluginNames = ['apoc', 'graph-data-science'] as const

export type Neo4jPlugin = (typeof pluginNames)[number]

export interface Neo4jOptions {
  /**
   * `'5.26'`, `'2025'`, `'2026'` or anything more exact, as `'2025.10'`; `'4.4'` for local processes only. `'5.26'` unless told
   * otherwise.
   */
  readonly version?: string
  /**
   * Bolt port of the first environment, 7687 unless told otherwise; the next ones are 1,000 further each. Without
   * environments: of the first lane; the second has the next one, and so on; any free ones unless told otherwise.
   */
  readonly port?: number
  /** The same for HTTP, which only environments have: 7474, or any free ones where `port` is given. */
  readonly httpPort?: number
  /** What makes the constraints and indexes: a Cypher file, a folder of them, a function or a command. Runs before `seed`. */
  readonly migrations?: Step<Neo4jLane>
  /** What every lane begins with and every reset restores. */
  readonly seed?: Step<Neo4jLane>
  /**
   * For every lane: plugins by name, `['apoc', 'graph-data-science']`, or the path of a folder of jars. By name, local
   * processes have APOC for 5.26 and newer, and GDS for 5.26.
   */
  readonly plugins?: string | readonly Neo4jPlugin[]
  /** `instance`: a server for each lane; `shared`: one for all. As the stack's `mode` says unless told otherwise. */
  readonly isolation?: 'shared' | 'instance'
  /** The database's name; `'neo4j'` unless told otherwise. */
  readonly database?: string
  /**
   * Image for containers. `neo4j:{version}` unless told otherwise, where `{version}` stands for the one that is asked for; one
   * of Enterprise has a database for each lane.
   */
  readonly image?: string
  /**
   * You accept Neo4j's licence for Enterprise: `yes`, or `eval` to try it. Without `image`, Enterprise's is taken then. For
   * an image of Enterprise, NEO4J_ACCEPT_LICENSE_AGREEMENT does the same.
   */
  readonly acceptLicense?: 'yes' | 'eval'
  /**
   * A running server to make lanes in: `neo4j://user:password@host:7687`, or `bolt://`, each also with `+s` or `+ssc`. User
   * and password may come from NEO4J_USER and NEO4J_PASSWORD. It has a database for each lane, unless `disposable`.
   */
  readonly url?: string
  /**
   * Everything in the attached server's database may be deleted, and Isolane may use it as its only lane. For servers that
   * can have one database only. It must be empty at first.
   */
  readonly disposable?: boolean
}

export const defaultVersion = '5.26'
const defaultDatabase = 'neo4j'

const schema = v.strictObject({
  version: v.optional(v.pipe(v.string('Expected a text such as "5.26" or "2026"'), v.nonEmpty())),
  port: v.optional(portSchema),
  httpPort: v.optional(portSchema),
  migrations: v.optional(stepSchema<Step<Neo4jLane>>()),
  seed: v.optional(stepSchema<Step<Neo4jLane>>()),
  plugins: v.optional(
    v.union(
      [v.pipe(v.string(), v.nonEmpty('Expected a path')), v.array(v.picklist(pluginNames))],
      `Expected the path of a folder of jars, or names of plugins: ${pluginNames.join(', ')}`,
    ),
  ),
  isolation: v.optional(isolationSchema),
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
  image: v.optional(v.pipe(v.string('Expected the name of an image'), v.nonEmpty('Expected the name of an image'))),
  acceptLicense: v.optional(v.picklist(['yes', 'eval'], 'Expected "yes" or "eval"')),
  url: v.optional(
    v.pipe(
      v.string('Expected a URL'),
      v.check(isServerUrl, 'Expected a URL such as neo4j://user:password@host:7687, with bolt, neo4j, +s or +ssc'),
    ),
  ),
  disposable: v.optional(v.boolean('Expected true or false')),
})

export function isServerUrl(url: string): boolean {
  return /^(bolt|neo4j)(\+s|\+ssc)?:\/\/[^/]/.test(url) && URL.canParse(url)
}

/** @throws ISOLANE_OPTION_INVALID, ISOLANE_VERSION_UNSUPPORTED */
export function checkOptions(options: unknown): Neo4jOptions {
  const checked = validateOptions('neo4j', schema, options) as Neo4jOptions
  refuseBesideUrl('neo4j', checked)
  checkVersion(checked)
  return checked
}

/** The name the server has. No edition allows an underscore, which names in the wild often have; case means nothing. */
export function databaseName({ database = defaultDatabase }: Neo4jOptions): string {
  return database.toLowerCase().replaceAll('_', '-')
}

/** Of the versions that are run, the only one from before 5: in local processes, to be upgraded from. */
export function is44(version: string): boolean {
  return /^4\.4(\.|$)/.test(version)
}

/** The Java versions that a version runs on. Neo4j's own of 4.4 is 11, on which the host program does not run. */
export function javaFor(version: string): { readonly minimum: number; readonly maximum?: number } {
  if (is44(version)) return { minimum: 17, maximum: 17 }
  return { minimum: version.startsWith('5.') ? 17 : 21 }
}

/** Images whose own server is started, because it can have many databases. Whether it really can is found out by trying. */
export function isWholeServer({ image = '', acceptLicense }: Neo4jOptions): boolean {
  return acceptLicense !== undefined || /enterprise|dozerdb/i.test(image)
}

/** @throws ISOLANE_VERSION_UNSUPPORTED */
export function checkVersion(options: Neo4jOptions): void {
  const { version = defaultVersion } = options
  if (!/^(4\.4|5\.26|202[56])(\.\d+){0,2}$/.test(version)) {
    throw unsupported(version, 'ask for "4.4", "5.26", "2025" or "2026", or for an exact version of these')
  }
  if (is44(version) && isWholeServer(options)) {
    const remedy = 'leave `acceptLicense` and `image` out, for lanes of Community in local processes; or ask for "5.26"'
    throw unsupported(version, remedy, ' in a server of Enterprise')
  }
}

function unsupported(version: string, remedy: string, where = ''): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_VERSION_UNSUPPORTED',
    message: `neo4j: version "${version}" can't be run${where}`,
    remedy,
  })
}
