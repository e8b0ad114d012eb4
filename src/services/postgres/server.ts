import type { Instance, ServiceContext } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'
import type { Tenancy } from './attached/tenancy.ts'
import { type Access, adminAccess, type Client, connectPatiently } from './client.ts'
import type { LaneAddress } from './lane.ts'
import type { CopyStrategy } from './marker.ts'
import { type Names, ownNames } from './names.ts'
import type { PostgresOptions } from './options.ts'
import { ensureRoles, laneCredentials } from './role.ts'
import { durability, withoutDurability } from './settings.ts'

/** What a session has to know of its server. */
export interface Server {
  readonly version: string
  readonly major: number
  readonly admin: Access
  /** The database in which statements about others are made. */
  readonly maintenance: string
  readonly address: LaneAddress
  readonly names: Names
  /** The ways of copying a database that may be used; the usual one first. */
  readonly strategies: readonly CopyStrategy[]
  /** `admin` is one. */
  readonly superuser: boolean
  /** Resets find what was changed, which takes a superuser. Else a reset is a fresh clone. */
  readonly tracked: boolean
  /** It is durable, and has no lanes. */
  readonly holdsEnvironments?: boolean
  /** How many connections of ours there may be, for statements about databases and into lanes. */
  readonly connections: { readonly statements: number; readonly lanes: number }
  /** Milliseconds after which a connection that is not needed is closed; `0` for never. */
  readonly idleConnections: number
  /** Where it keeps data, as it sees it. Known of our own servers. */
  readonly dataFolder?: string
  /** On a server that is not ours. */
  readonly tenancy?: Tenancy
}

export async function openOwnServer(
  instance: Instance,
  options: PostgresOptions,
  { signal, environments }: ServiceContext,
): Promise<Server> {
  const { endpoint } = instance
  const admin = adminAccess(endpoint)
  const client = await connectPatiently(admin, 'postgres', signal)
  try {
    const { version, major, dataFolder } = await checkServer(
      client,
      instance,
      options,
      environments ? durability : withoutDurability,
    )
    await ensureRoles(client, admin, endpoint.credentials)
    const { username: user, password } = laneCredentials(endpoint.credentials)
    return {
      version,
      major,
      admin,
      ...(dataFolder === undefined ? {} : { dataFolder }),
      maintenance: 'postgres',
      address: { host: endpoint.host, port: endpoint.ports.postgres ?? 5432, user, password, version },
      names: ownNames,
      // Timing them pays for a template that later runs use too.
      strategies: instance.save ? strategies(major) : strategies(major).slice(0, 1),
      superuser: true,
      tracked: environments === undefined,
      holdsEnvironments: environments !== undefined,
      // Databases are made side by side, up to this many: each is mostly copying files.
      connections: { statements: 4, lanes: Number.POSITIVE_INFINITY },
      idleConnections: 0,
    }
  } finally {
    await client.end().catch(() => {})
  }
}

function strategies(major: number): readonly CopyStrategy[] {
  if (major < 15) return ['default']
  return major < 18 ? ['file_copy', 'wal_log'] : ['file_copy', 'wal_log', 'clone']
}

/** Looks at what runs: its version, and whether an instance of ours waits for disks as it should, or should not. */
export async function checkServer(
  client: Client,
  instance: Instance,
  options: PostgresOptions,
  wanted: Readonly<Record<string, string>> = withoutDurability,
): Promise<{ version: string; major: number; dataFolder?: string }> {
  const { rows } = await client.query<{ name: string; setting: string }>(
    'SELECT name, setting FROM pg_settings WHERE name = ANY ($1)',
    [['server_version', 'data_directory', ...Object.keys(wanted)]],
  )
  const settings = new Map(rows.map((row) => [row.name, row.setting]))
  const version = settings.get('server_version')?.split(' ')[0] ?? 'unknown'
  const major = Number.parseInt(version, 10)
  if (!(major >= 13) || (options.version !== undefined && String(major) !== options.version)) {
    throw new IsolaneError({
      code: 'ISOLANE_VERSION_UNSUPPORTED',
      message: `The server is PostgreSQL ${version}, but ${options.version ?? '13 or newer'} is wanted`,
      remedy: instance.owned
        ? 'correct the `version` option of postgres'
        : 'correct its `version`, or attach to another',
    })
  }
  if (instance.owned) {
    const others = Object.entries(wanted).filter(([name, value]) => settings.get(name) !== value)
    if (others.length > 0) {
      throw new IsolaneError({
        code: 'ISOLANE_START_FAILED',
        message: `PostgreSQL runs with ${others.map(([name]) => `${name} = ${settings.get(name)}`).join(', ')}`,
        remedy: `it was started with ${others.map(([name, value]) => `${name} = ${value}`).join(', ')}; remove what changes that (${instance.origin})`,
      })
    }
  }
  const dataFolder = settings.get('data_directory')
  return { version, major, ...(dataFolder === undefined ? {} : { dataFolder }) }
}
