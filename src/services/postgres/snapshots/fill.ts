import type { ServiceContext, StateReader, StateSummary } from '../../../core/contracts.ts'
import { type Client, connect, sqlState } from '../client.ts'
import { type Databases, whileInUse } from '../databases.ts'
import type { Server } from '../server.ts'
import type { TemplateBuilder } from '../template.ts'
import { ownPublicSchema } from '../template-content.ts'
import { analyse } from '../tracking/install.ts'
import { checkRestored } from './check.ts'
import { applySettings } from './database-settings.ts'
import { checkTaking, otherVersions } from './details.ts'
import { describeLocale, localeClause, localeOf, localeStates, readLocale } from './locale.ts'
import { accessOf, type BesideDump } from './moment.ts'
import { restoreDump } from './restore.ts'
import { besideFile } from './save.ts'
import type { RoleChange } from './script.ts'
import type { Tools } from './tools.ts'
import { roleChanges, usersBeside } from './users.ts'

/** What is filled with a saved lane, and by whom. */
export interface FillParts {
  readonly server: Server
  readonly context: ServiceContext
  /** Of this major version or newer. */
  tools(major: number): Promise<Tools>
}

/**
 * Makes a database of this name that holds what was saved, and checks that it does. What it has made when it fails is
 * discarded by who called.
 * @throws ISOLANE_SNAPSHOT_REFUSED, ISOLANE_SNAPSHOT_DAMAGED, ISOLANE_RESTORE_FAILED when schema or counts differ, and what
 * the server or its programs said
 */
export async function fillDatabase(
  parts: FillParts,
  { databases, pool }: Pick<TemplateBuilder, 'databases' | 'pool'>,
  scratch: string,
  files: StateReader,
  saved: StateSummary,
): Promise<BesideDump> {
  const { server, context } = parts
  await checkServer(parts, saved)
  const beside = await readBeside(files)
  const tools = await parts.tools(Math.max(server.major, toolMajor(saved)))
  await createScratch(parts, databases, scratch, saved)
  await ownPublicSchema(server, scratch)
  if (server.major < 15 && toolMajor(saved) >= 15) await closePublicSchema(server, scratch)
  const owner = server.address.user
  const roles = roleChanges(saved, owner, await usersBeside(pool, owner))
  await restoreDump(tools, scratch, roles, files)
  await applySettings(pool, scratch, ownSettings(beside.settings, roles))
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
  return beside
}

/** Newer programs take it for granted that not everybody may make things there, and only say where that is otherwise. */
async function closePublicSchema(server: Server, database: string): Promise<void> {
  const client = await connect(accessOf(server), database)
  try {
    await client.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC')
  } finally {
    await client.end()
  }
}

/** Sorts text as the saved lane did, where the server can. */
async function createScratch(
  { server, context: { name, report } }: FillParts,
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

async function checkServer({ server, context: { name, report } }: FillParts, saved: StateSummary): Promise<void> {
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

/** Read to its end, so that damage is found. */
export async function readBeside(files: StateReader): Promise<BesideDump> {
  const pieces: Uint8Array[] = []
  for await (const piece of files.read(besideFile)) pieces.push(piece)
  return JSON.parse(Buffer.concat(pieces).toString()) as BesideDump
}

/** By the names that roles have here. */
function ownSettings(settings: BesideDump['settings'], roles: readonly RoleChange[]): BesideDump['settings'] {
  return settings.flatMap((each) => {
    const change = roles.find(({ from }) => from === each.role)
    if (!change) return [each]
    return change.gone ? [] : [{ ...each, role: change.to }]
  })
}

/** Newer programs write what older ones can't read. */
function toolMajor({ details }: StateSummary): number {
  return Number.parseInt(/\d+/.exec(details.tool ?? '')?.[0] ?? '0', 10)
}
