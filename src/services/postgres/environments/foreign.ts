import type { ForeignSupport, ServiceContext } from '../../../core/contracts.ts'
import { IsolaneError, isIsolaneError, messageOf } from '../../../core/errors.ts'
import { pooled, serverName } from '../attached/explain.ts'
import { comeIn, type Entrance } from '../attached/server.ts'
import { withAbsolutePaths } from '../attached/tls.ts'
import { parseUrl, type ServerUrl } from '../attached/url.ts'
import type { Client } from '../client.ts'
import { laneEndpoint, laneEnvironment } from '../lane.ts'
import { ownNames } from '../names.ts'
import type { Server } from '../server.ts'
import { Moment } from '../snapshots/moment.ts'
import { saveDatabase } from '../snapshots/save.ts'
import { Tools } from '../snapshots/tools.ts'

/** The oldest whose catalogs are read as those of newer ones. */
const oldest = 12

/** Milliseconds that a server may take until it answers: it runs already. */
const patience = 1_000

/** Databases on anybody's servers, at `postgres://USER:PASSWORD@HOST:5432/DATABASE?sslmode=…`, saved as lanes are. */
export const foreign: ForeignSupport = {
  save: (url, files, context) =>
    look(url, context, async ({ server, database, tools }) => saveDatabase(server, await tools(), database, files)),
  describe: (url, context) =>
    look(url, context, ({ server, database, tools }) =>
      Moment.of(server, database, async (moment) => {
        const beside = await moment.besideDump()
        return moment.summary(await moment.contents(beside), beside.schema, (await tools()).name)
      }),
    ),
  size: (url, context) =>
    look(url, context, async ({ client }) => {
      await tellOthers(client, context)
      const { rows } = await client.query<{ bytes: string }>('SELECT pg_database_size(current_database()) AS bytes')
      return Number(rows[0]?.bytes ?? 0)
    }),
}

interface Foreign {
  readonly client: Client
  readonly server: Server
  readonly database: string
  /** @throws ISOLANE_ENGINE_NOT_FOUND for a server that is newer than any pg_dump to be had */
  tools(): Promise<Tools>
}

async function look<Result>(
  url: string,
  context: ServiceContext,
  act: (foreign: Foreign) => Promise<Result>,
): Promise<Result> {
  const target = withAbsolutePaths(parse(url, context), context.root)
  const { admin, client, database } = await enter(target, context)
  try {
    const { version, major } = await versionOf(client, serverName(admin))
    const server = await describe(client, admin, { version, major })
    const { sslmode = admin.tls ? 'require' : 'disable' } = target.parameters
    const address = { ...admin, password: admin.password ?? '', version, sslmode }
    const parameters = { ...target.parameters, sslmode }
    const variables = (name: string) => laneEnvironment(laneEndpoint({ ...address, parameters }, name))
    const tools = () => Tools.onMachine(context, context.signal, major, variables)
    return await act({ client, server, database, tools })
  } catch (error) {
    if (isIsolaneError(error)) throw error
    throw new IsolaneError({
      code: 'ISOLANE_SNAPSHOT_FAILED',
      message: `${serverName(admin)}: the database ${database} can not be read (${messageOf(error).split('\n')[0]})`,
      remedy: remedyFor(error),
      ...(error instanceof Error && error.cause instanceof Error ? { output: error.cause.message } : {}),
      cause: error,
    })
  } finally {
    await client.end().catch(() => {})
  }
}

function remedyFor(error: unknown): string {
  return /SSL support is not compiled in/.test(messageOf(error))
    ? 'install the client programs of PostgreSQL of its version or newer on this machine, as those that Isolane provides have no TLS'
    : 'give the URL of a user who may read everything in it, such as its owner; nothing was changed there'
}

function parse(url: string, { name }: ServiceContext): ServerUrl {
  try {
    return parseUrl(url)
  } catch (error) {
    throw new IsolaneError({
      code: 'ISOLANE_OPTION_INVALID',
      message: `${name}: the URL of the database to read can not be used`,
      remedy: messageOf(error),
    })
  }
}

/** Whatever keeps us out, it can't be reached so. */
async function enter(target: ServerUrl, context: ServiceContext): Promise<Entrance> {
  try {
    return await comeIn(target, context, patience)
  } catch (error) {
    if (!isIsolaneError(error, 'ISOLANE_ATTACH_REFUSED')) throw error
    const { reason: message, remedy, cause } = error
    throw new IsolaneError({ code: 'ISOLANE_SERVER_UNREACHABLE', message, remedy, cause })
  }
}

/** An environment has one database: what is in others must not be missed. */
async function tellOthers(client: Client, { name, report }: ServiceContext): Promise<void> {
  const { rows } = await client.query<{ datname: string }>(
    `SELECT datname FROM pg_database WHERE NOT datistemplate AND datname NOT IN ('postgres', current_database()) ORDER BY 1`,
  )
  if (rows.length === 0) return
  const others = rows.map(({ datname }) => datname).join(', ')
  report({ kind: 'warning', subject: name, text: `only the URL's database is taken; that server also has ${others}` })
}

async function versionOf(client: Client, name: string): Promise<{ version: string; major: number }> {
  const { rows } = await client.query<{ version: string }>(`SELECT current_setting('server_version') AS version`)
  const version = rows[0]?.version.split(' ')[0] ?? 'unknown'
  const major = Number.parseInt(version, 10)
  if (major >= oldest) return { version, major }
  throw new IsolaneError({
    code: 'ISOLANE_VERSION_UNSUPPORTED',
    message: `${name} is PostgreSQL ${version}, and Isolane reads ${oldest} and newer`,
    remedy: 'upgrade it there, or make a `seed` of what pg_dump writes of it',
  })
}

/** As much of a server as saving a database asks for. */
async function describe(
  client: Client,
  admin: Entrance['admin'],
  { version, major }: { version: string; major: number },
): Promise<Server> {
  if (!(await lasts(client))) throw pooled(admin)
  const { rows } = await client.query<{ owner: string }>(ownerQuery)
  const user = rows[0]?.owner ?? admin.user
  return {
    version,
    major,
    // Whoever the URL names is asked, whether that is a superuser or not.
    admin,
    superuser: true,
    tracked: false,
    maintenance: 'postgres',
    address: { ...admin, user, password: '', version },
    names: ownNames,
    strategies: ['default'],
    connections: { statements: 1, lanes: 1 },
    idleConnections: 0,
  }
}

/** Whether the same connection answers twice: behind a pooler no moment could be held on to. */
async function lasts(client: Client): Promise<boolean> {
  await client.query(`SELECT set_config('isolane.asked', 'yes', false)`)
  const { rows } = await client.query<{ asked: string | null }>(
    `SELECT current_setting('isolane.asked', true) AS asked`,
  )
  return rows[0]?.asked === 'yes'
}

/** Whose the database is in effect: most tables are his. It is whoever restores it who owns them then. */
const ownerQuery = `
SELECT pg_get_userbyid(c.relowner) AS owner FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1`
