import { randomBytes } from 'node:crypto'
import type { Instance, ServiceContext } from '../../../core/contracts.ts'
import { isIsolaneError } from '../../../core/errors.ts'
import { type Access, type Client, connect, connectPatiently, sqlState } from '../client.ts'
import type { LaneAddress } from '../lane.ts'
import { attachedNames } from '../names.ts'
import type { PostgresOptions } from '../options.ts'
import { checkServer, type Server } from '../server.ts'
import { identifier } from '../sql.ts'
import { explain, serverName } from './explain.ts'
import { ensureLaneRole } from './lane-role.ts'
import { Presence } from './presence.ts'
import { type Rights, readRights } from './rights.ts'
import { Tenancy } from './tenancy.ts'
import { waysToConnect, withAbsolutePaths } from './tls.ts'
import { parseUrl, type ServerUrl } from './url.ts'

/** Statements about databases: two that work, and one that holds the lock on a template being built. */
const statementConnections = 3

/** @throws ISOLANE_SERVER_UNREACHABLE, or ISOLANE_ATTACH_REFUSED for a server on which no lanes can be made. */
export async function openAttachedServer(
  instance: Instance,
  url: string,
  options: PostgresOptions,
  context: ServiceContext,
): Promise<Server> {
  const target = withAbsolutePaths(parseUrl(url), context.root)
  const { admin, client, database } = await comeIn(target, context)
  let presence: Presence | undefined
  try {
    const { version, major } = await checkServer(client, instance, options)
    const rights = await readRights(client, admin)
    const maintenance = await sharedDatabase(admin, database)
    const session = randomBytes(6).toString('hex')
    presence = await Presence.open(admin, maintenance)
    await Tenancy.announce(presence, session, admin.user)
    const role = await ensureLaneRole(client, admin, { maintenance, major, rights })
    const { username: user, password } = role ?? { username: admin.user, password: admin.password ?? '' }
    const { sslmode = admin.tls ? 'require' : 'disable' } = target.parameters
    // Where the server insists on TLS without the URL's saying so, clients have to be told.
    const parameters = { ...target.parameters, ...(admin.tls ? { sslmode } : {}) }
    const address: LaneAddress = { ...admin, user, password, version, parameters, sslmode }
    const lanes = rights.superuser ? await laneConnections(client) : 0
    tell(context, admin, rights, user, lanes)
    return {
      version,
      major,
      admin,
      maintenance,
      address,
      names: attachedNames(session, `${user}\0${rights.superuser ? 'tracked' : 'plain'}`),
      // Copying files makes the server write out everything that it has in memory, whoever's it is.
      strategies: ['default'],
      superuser: rights.superuser,
      tracked: rights.superuser,
      connections: { statements: statementConnections, lanes },
      idleConnections: 10_000,
      tenancy: new Tenancy({ session, presence, user: admin.user, owner: user, tell: tellRemoved(context, admin) }),
    }
  } catch (error) {
    await presence?.close()
    throw isIsolaneError(error) ? error : explain(admin, error)
  } finally {
    await client.end().catch(() => {})
  }
}

export interface Entrance {
  readonly admin: Access
  readonly client: Client
  readonly database: string
}

/**
 * Connects as the URL says; of what it leaves open, in the first way that works.
 * @param patience milliseconds that a server may take until it answers; as one that was just started unless told otherwise
 */
export async function comeIn(
  target: ServerUrl,
  { name, signal }: ServiceContext,
  patience?: number,
): Promise<Entrance> {
  const { host, port, user, password, database, parameters } = target
  const databases = database === undefined ? [...new Set(['postgres', user])] : [database]
  const attempts = waysToConnect(target, name).flatMap((tls) => databases.map((each) => ({ tls, database: each })))
  let last: unknown
  for (const attempt of attempts) {
    const admin: Access = {
      host,
      port,
      user,
      ...(password === '' ? {} : { password }),
      ...(attempt.tls ? { tls: attempt.tls } : {}),
      ...(parameters.options ? { options: parameters.options } : {}),
    }
    try {
      const client = await connectPatiently(admin, attempt.database, signal, explain, patience)
      return { admin, client, database: attempt.database }
    } catch (error) {
      const cause = isIsolaneError(error) ? error.cause : error
      const state = sqlState(cause)
      const noTls = /does not support SSL/.test(String(cause))
      const another = state === '28000' || state === '3D000' || noTls
      // That a way which the URL does not ask for leads nowhere says less than why the one before it did not.
      last = noTls ? (last ?? error) : error
      if (!another) throw error
    }
  }
  throw last
}

/** Locks are kept within a database, so that sessions which came in by different ones have to agree on one. */
async function sharedDatabase(admin: Access, first: string): Promise<string> {
  if (first === 'postgres') return first
  try {
    await (await connect(admin, 'postgres')).end()
    return 'postgres'
  } catch (error) {
    if (['3D000', '42501', '28000'].includes(sqlState(error) ?? '')) return first
    throw error
  }
}

/** A tenth of what there is, so that a small server has room for tests, and a large one for many lanes. */
async function laneConnections(client: Client): Promise<number> {
  const { rows } = await client.query<{ most: number }>(`SELECT current_setting('max_connections')::int AS most`)
  return Math.max(2, Math.min(16, Math.floor((rows[0]?.most ?? 0) / 10)))
}

function tellRemoved({ report, name }: ServiceContext, admin: Access): (databases: readonly string[]) => void {
  return (databases) => {
    const text = `removed what a killed run left on ${serverName(admin)}: ${databases.join(', ')}`
    report({ kind: 'info', subject: name, text })
  }
}

function tell({ report, name }: ServiceContext, { user }: Access, rights: Rights, owner: string, lanes: number): void {
  const most = 1 + statementConnections + 1 + lanes
  const who = identifier(user)
  const whose = owner === user ? '' : `; lanes belong to ${identifier(owner)}`
  const slow = rights.superuser ? '' : '; resets are fresh clones, as resets in place take a superuser'
  const text = `attached as ${who}, with at most ${most} connections besides the tests' own${whose}${slow}`
  report({ kind: 'info', subject: name, text })
}
