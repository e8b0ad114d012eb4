import type { LaneMark } from '../../../core/contracts.ts'
import { isConnectionLost, sqlState } from '../client.ts'
import { exchangeDatabases } from '../exchange.ts'
import type { LaneConnection } from '../lane-connection.ts'
import { applyChanges, readChanges } from './changes.ts'
import { applySettings, type DatabaseSettings, readSettings } from './database-settings.ts'
import type { SnapshotParts } from './parts.ts'
import { checkUnlogged, unloggedTables } from './unlogged.ts'

/**
 * Keeps a lane's state. Where its changes can be told from its template they are kept in our memory, and connections into
 * the lane survive; else its database is copied, which cuts them off.
 */
export async function markLane(parts: SnapshotParts, lane: LaneConnection): Promise<LaneMark> {
  const { pool } = await parts.builder()
  const settings = await readSettings(pool, lane.database)
  const changes = parts.server.tracked ? await readChanges(lane).catch(untold) : undefined
  if (!changes) return copyMark(parts, lane, settings)
  return {
    async restore() {
      await parts.work(async () => {
        await parts.reset(lane)
        await applyChanges(lane, changes)
        await applySettings((await parts.builder()).pool, lane.database, settings)
      })
    },
    async [Symbol.asyncDispose]() {},
  }
}

/** Locks that a test holds, deadlocks and time-outs; and a lane that was loaded has no tracking. */
const untoldStates = ['55P03', '40P01', '40001', '57014', '42P01', '3F000']

function untold(error: unknown): undefined {
  if (!untoldStates.includes(sqlState(error) ?? '') && !isConnectionLost(error)) throw error
}

async function copyMark(
  parts: SnapshotParts,
  lane: LaneConnection,
  settings: readonly DatabaseSettings[],
): Promise<LaneMark> {
  const { databases } = await parts.builder()
  const { names } = parts.server
  const strategy = await parts.strategy()
  const marker = await parts.marker(await parts.record?.())
  const copy = names.side()
  const copyTo = (from: string, to: string) => databases.copy(from, to, strategy, marker)
  await lane.close()
  let unlogged: readonly string[]
  try {
    await copyTo(lane.database, copy)
    unlogged = await unloggedTables(parts.server, copy)
  } catch (error) {
    await databases.discard(copy).catch(() => {})
    throw error
  }
  return {
    async restore() {
      await parts.work(async () => {
        const { pool } = await parts.builder()
        const [comes, goes] = [names.side(), names.side()]
        try {
          await copyTo(copy, comes)
          await checkUnlogged(parts.server, comes, unlogged)
          await applySettings(pool, comes, settings)
          await parts.finish?.(comes)
          await lane.close()
          await exchangeDatabases(databases, lane.database, { comes, goes })
        } finally {
          await databases.discard(comes)
          await databases.discard(goes)
        }
      })
    },
    [Symbol.asyncDispose]: () => parts.work(() => databases.discard(copy)),
  }
}
