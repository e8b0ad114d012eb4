import type { Instance, ServiceContext, ServiceSession } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'
import { Bolt } from './bolt/client.ts'
import { boltFailure } from './bolt/failure.ts'
import { newHolder } from './bolt/holder.ts'
import { serverVersion } from './bolt/server.ts'
import { DisposableSession } from './disposable/session.ts'
import { Databases } from './multi-database/databases.ts'
import { MultiDatabaseSession } from './multi-database/session.ts'
import { databaseName, type Neo4jLane, type Neo4jOptions } from './options.ts'
import { Neo4jSession } from './session.ts'

/** Lanes as the instance can have them: the host program's, a database for each, or one disposable database. */
export async function open(
  instance: Instance,
  options: Neo4jOptions,
  context: ServiceContext,
): Promise<ServiceSession<Neo4jLane>> {
  if (instance.endpoint.ports.control !== undefined) return Neo4jSession.open(instance, options, context)
  return openServer(await Bolt.open(instance), instance, options, context)
}

/** Lanes in a server that is talked to over Bolt alone; what it can do is found out by trying. */
export async function openServer(
  bolt: Bolt,
  instance: Instance,
  options: Neo4jOptions,
  context: ServiceContext,
): Promise<ServiceSession<Neo4jLane>> {
  try {
    const parts = { bolt, holder: newHolder(), version: await serverVersion(bolt), instance, options, context }
    const databases = await Databases.probe(bolt, context.signal)
    if (databases) return await MultiDatabaseSession.open({ ...parts, databases })
    if (!instance.owned && !options.disposable) throw oneDatabaseOnly(bolt, context)
    if (!options.disposable) throw notWorthIt(bolt)
    if (context.maximumLanes > 1) throw oneLaneOnly(bolt)
    return await DisposableSession.open({ ...parts, database: await disposableDatabase(bolt, options) })
  } catch (error) {
    await bolt.close()
    throw boltFailure(error, bolt, 'ISOLANE_ATTACH_REFUSED', 'No lanes can be made')
  }
}

async function disposableDatabase(bolt: Bolt, options: Neo4jOptions): Promise<string> {
  const [home] = await bolt.rows<{ name: string }>('', 'CALL db.info() YIELD name RETURN name')
  const name = options.database === undefined ? home?.name : databaseName(options)
  if (name !== undefined && name === home?.name) return name
  throw new IsolaneError({
    code: 'ISOLANE_ATTACH_REFUSED',
    message: `There is no database ${name} on ${bolt.url}`,
    remedy: `leave \`database\` out, or name the one that is there: ${home?.name}`,
  })
}

function oneDatabaseOnly(bolt: Bolt, { name }: ServiceContext): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_ATTACH_REFUSED',
    message: `Neo4j at ${bolt.url} can have one database only, so no lanes can be made in it`,
    remedy: `leave it alone and let Isolane run its own beside it, with a lane for every worker (no \`url\`, and \`runtime: { ${name}: 'native' }\` or 'docker'); or, if everything in that database may be deleted, add \`disposable: true\` to neo4j() and \`lanes: 1\` to the config`,
  })
}

function notWorthIt(bolt: Bolt): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_ATTACH_REFUSED',
    message: `The server of the image, at ${bolt.url}, can have one database only, so no lanes can be made in it`,
    remedy: 'leave `acceptLicense` out: from an image of Community, Isolane makes a lane for every worker',
  })
}

function oneLaneOnly(bolt: Bolt): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_ATTACH_REFUSED',
    message: `The disposable database on ${bolt.url} is one lane, and this stack may grow to more`,
    remedy: 'set `lanes: 1` in the config (or ISOLANE_LANES=1), or leave `url` out',
  })
}
