import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { SavedStart, StateReader, StateSummary } from '../../../core/contracts.ts'
import { IsolaneError } from '../../../core/errors.ts'
import { StateFolderReader, StateFolderWriter } from '../../../core/state-files.ts'
import { openPool } from '../client.ts'
import { Databases } from '../databases.ts'
import type { PostgresVersion } from '../options.ts'
import type { Server } from '../server.ts'
import { identifier } from '../sql.ts'
import { inPlace, usualWay, versions } from '../versions.ts'
import { checkRestored } from './check.ts'
import { type FillParts, fillDatabase, readBeside } from './fill.ts'
import type { SnapshotParts } from './parts.ts'
import { programRunner, runPgUpgrade } from './run-pg-upgrade.ts'
import { saveDatabase } from './save.ts'
import { namesOnly } from './schema.ts'
import { ScratchCluster } from './scratch-cluster.ts'
import { upgradePrograms } from './upgrade-programs.ts'

/** What came out of an upgrade, on disk. */
export interface Upgraded extends AsyncDisposable {
  readonly files: StateReader
  readonly saved: StateSummary
}

const database = 'isolane_upgrade'

/**
 * Upgrades what was saved as `pg_upgrade` would upgrade the server that it comes from: into a server of the old version,
 * whose data folder becomes one of this version, and saves it there. All of that lies in a folder of the instance's, and
 * ends with it.
 * @throws ISOLANE_UPGRADE_REFUSED where it can't be had, ISOLANE_UPGRADE_FAILED, and what {@link fillDatabase} throws
 */
export async function pgUpgrade(parts: SnapshotParts & FillParts, start: SavedStart): Promise<Upgraded> {
  const { instance, server, context, signal } = parts
  const from = String(Number.parseInt(start.saved.version, 10)) as PostgresVersion
  const to = String(server.major) as PostgresVersion
  versions.upgrade(from, to)
  const { privateFolder, ports } = instance.endpoint
  if (!instance.run || !context.temporaryFolder || privateFolder === undefined || process.platform === 'win32') {
    throw new IsolaneError({
      code: 'ISOLANE_UPGRADE_REFUSED',
      message: `${inPlace} needs servers of our own on this machine, and ${context.name} has none`,
      remedy: `use the native runtime on Linux or macOS, or upgrade by \`${usualWay}\``,
    })
  }
  const programs = await upgradePrograms(context, Number(from), Number(to))
  const folder = join(privateFolder, 'upgrade')
  const run = programRunner(async (command) => instance.run?.(command), signal)
  const common = { folder, sockets: privateFolder, run, context, signal }
  const [port = 0, otherPort = 0] = [50_432, 50_433, 50_434].filter((free) => free !== ports.postgres)
  const before = new ScratchCluster({ ...common, version: from, programs: programs.old, port })
  const after = new ScratchCluster({ ...common, version: to, programs: programs.new, port: otherPort })
  const tell = (text: string) =>
    context.report({ kind: 'progress', subject: context.name, text: `${inPlace}: ${text}` })
  const kept = await context.temporaryFolder()
  try {
    await removeFolder(folder)
    tell(`making a server of ${from}`)
    await before.initialise()
    await fillOld(parts, start, await before.start(), before)
    await before.stop()
    tell(`upgrading it to ${to}`)
    await after.initialise()
    await runPgUpgrade(run, folder, programs, before, after)
    tell('taking over what came out of it')
    const upgraded = await after.start()
    await checkRestored(upgraded, database, start.saved, (await readBeside(start.files)).schema, context)
    const writer = new StateFolderWriter(kept.path)
    const tools = await parts.tools(Number(to))
    const state = await saveDatabase(upgraded, tools.at(after.access), database, writer)
    await after.stop()
    return {
      files: new StateFolderReader(kept.path, writer.files),
      // What an upgraded server calls its NOT NULL constraints, and a restored one does not.
      saved: { ...state, ...(state.schema === undefined ? {} : { schema: namesOnly(state.schema) }) },
      [Symbol.asyncDispose]: () => kept[Symbol.asyncDispose](),
    }
  } catch (error) {
    await kept[Symbol.asyncDispose]()
    throw error
  } finally {
    // Each whatever becomes of the other. What stays ends with the instance.
    await Promise.allSettled([before.end(), after.end()])
    await removeFolder(folder)
  }
}

/** Puts what was saved into the old version's server, with the roles that it names. */
async function fillOld(
  parts: FillParts,
  { files, saved }: SavedStart,
  server: Server,
  { access }: ScratchCluster,
): Promise<void> {
  const pool = await openPool(access, server.maintenance, 2, 0)
  try {
    const { rows } = await pool.query<{ name: string }>(
      'SELECT name FROM unnest($1::text[]) name WHERE name NOT IN (SELECT rolname FROM pg_roles)',
      [JSON.parse(saved.details.roles ?? '[]')],
    )
    for (const { name } of rows) await pool.query(`CREATE ROLE ${identifier(name)} NOLOGIN`)
    const tools = async (major: number) => (await parts.tools(major)).at(access)
    await fillDatabase(
      { ...parts, server, tools },
      { databases: new Databases(pool, server), pool },
      database,
      files,
      saved,
    )
  } finally {
    await pool.end()
  }
}

function removeFolder(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 10 })
}
