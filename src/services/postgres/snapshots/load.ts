import type { LoadedState, StateReader, StateSummary } from '../../../core/contracts.ts'
import { IsolaneError, isIsolaneError, messageOf } from '../../../core/errors.ts'
import { type Client, connect, isConnectionLost, sqlState } from '../client.ts'
import { type Databases, whileInUse } from '../databases.ts'
import type { LaneConnection } from '../lane-connection.ts'
import type { Server } from '../server.ts'
import { identifier } from '../sql.ts'
import type { TemplateBuilder } from '../template.ts'
import { analyse } from '../tracking/install.ts'
import { checkRestored } from './check.ts'
import { applySettings } from './database-settings.ts'
import { checkTaking, otherVersions } from './details.ts'
import { LoadedDatabase } from './loaded-database.ts'
import { describeLocale, localeClause, localeOf, localeStates, readLocale } from './locale.ts'
import { accessOf, type BesideDump } from './moment.ts'
import type { SnapshotParts } from './parts.ts'
import { restoreDump } from './restore.ts'
import { besideFile } from './save.ts'
import type { Tools } from './tools.ts'

interface LoadParts extends SnapshotParts {
  /** Of this major version or newer. */
  tools(major: number): Promise<Tools>
}

/** Brings a saved lane back into a database beside it. */
export async function loadState(
  parts: LoadParts,
  lane: LaneConnection,
  files: StateReader,
  saved: StateSummary,
): Promise<LoadedState> {
  const builder = await parts.builder()
  await checkServer(parts, saved)
  const beside = await readBeside(files)
  const tools = await parts.tools(Math.max(parts.server.major, toolMajor(saved)))
  const scratch = parts.server.names.side()
  try {
    await fill(parts, builder, scratch, files, saved, beside, tools)
    const { marker } = await parts.template()
    return new LoadedDatabase(builder, lane, scratch, marker.fingerprint)
  } catch (error) {
    await discardPatiently(parts, scratch)
    if (isIsolaneError(error)) throw error
    throw new IsolaneError({
      code: 'ISOLANE_RESTORE_FAILED',
      message: `PostgreSQL did not take back what was saved (${messageOf(error).split('\n')[0]})`,
      remedy: 'see what it says; the lane is as it was',
      ...(error instanceof Error && error.cause instanceof Error ? { output: error.cause.message } : {}),
      cause: error,
    })
  }
}

async function fill(
  parts: SnapshotParts,
  { databases, pool }: TemplateBuilder,
  scratch: string,
  files: StateReader,
  saved: StateSummary,
  beside: BesideDump,
  tools: Tools,
): Promise<void> {
  const { server, context } = parts
  await createScratch(parts, databases, scratch, saved)
  await beforeRestore(parts, scratch)
  await restoreDump(tools, scratch, server.address.user, files, saved)
  await applySettings(
    pool,
    scratch,
    beside.settings.map((each) => ownRole(each, saved, server.address.user)),
  )
  const client = await connect(accessOf(server), scratch)
  try {
    await client.query(
      `SELECT setval(s.name::regclass, s.last, s.called)
       FROM unnest($1::text[], $2::bigint[], $3::boolean[]) AS s (name, last, called)`,
      [
        beside.sequences.map(({ name }) => name),
        beside.sequences.map(({ last }) => last),
        beside.sequences.map(({ called }) => called),
      ],
    )
    await analyse(client)
  } finally {
    await client.end()
  }
  await checkRestored(server, scratch, saved, beside.schema, context)
}

/** Sorts text as the saved lane did, where the server can. */
async function createScratch(
  { server, context: { name, report } }: SnapshotParts,
  databases: Databases,
  scratch: string,
  saved: StateSummary,
): Promise<void> {
  const create = (clause?: string) =>
    whileInUse(() =>
      databases.create(scratch, 'template0', 'default', { isolane: 'building', fingerprint: '' }, clause),
    )
  try {
    await create(localeClause(localeOf(saved), server.major))
  } catch (error) {
    if (!localeStates.includes(sqlState(error) ?? '')) throw error
    await create()
    const has = await inMaintenance(server, (client) => readLocale(client, server.major, scratch))
    const text = `what is restored sorted text by ${describeLocale(localeOf(saved))}, which the server has not: it sorts by ${describeLocale(has)} now`
    report({ kind: 'warning', subject: name, text })
  }
}

async function checkServer({ server, context: { name, report } }: SnapshotParts, saved: StateSummary): Promise<void> {
  const others = await inMaintenance(server, async (client) => {
    await checkTaking(client, server, saved)
    return otherVersions(client, saved)
  })
  if (others) report({ kind: 'info', subject: name, text: `extensions are restored in other versions: ${others}` })
}

async function inMaintenance<Result>(server: Server, look: (client: Client) => Promise<Result>): Promise<Result> {
  const client = await connect(server.admin, server.maintenance)
  try {
    return await look(client)
  } finally {
    await client.end()
  }
}

/** As a lane's database is from its beginning; what was dumped may differ from that only. */
async function beforeRestore({ server }: SnapshotParts, database: string): Promise<void> {
  if (server.major >= 15 || !server.tracked) return
  const client = await connect(server.admin, database)
  try {
    await client.query(`ALTER SCHEMA public OWNER TO ${identifier(server.address.user)}`)
  } finally {
    await client.end()
  }
}

/** Read to its end, so that damage is found. */
async function readBeside(files: StateReader): Promise<BesideDump> {
  const pieces: Uint8Array[] = []
  for await (const piece of files.read(besideFile)) pieces.push(piece)
  return JSON.parse(Buffer.concat(pieces).toString()) as BesideDump
}

function ownRole(
  { role, settings }: BesideDump['settings'][number],
  { details }: StateSummary,
  owner: string,
): BesideDump['settings'][number] {
  if (role === undefined) return { settings }
  return { role: role === details.owner ? owner : role, settings }
}

/** Newer programs write what older ones can't read. */
function toolMajor({ details }: StateSummary): number {
  return Number.parseInt(/\d+/.exec(details.tool ?? '')?.[0] ?? '0', 10)
}

/** The server may just be recovering from what has made the restore fail. */
async function discardPatiently({ builder, recovers }: SnapshotParts, scratch: string): Promise<void> {
  const { databases } = await builder()
  await databases.discard(scratch).catch(async (error: unknown) => {
    if (isConnectionLost(error) && (await recovers())) await databases.discard(scratch).catch(() => {})
  })
}
