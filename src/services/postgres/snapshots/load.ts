import type { LoadedState, StateReader, StateSummary } from '../../../core/contracts.ts'
import { IsolaneError, isIsolaneError, messageOf } from '../../../core/errors.ts'
import { isConnectionLost } from '../client.ts'
import type { LaneConnection } from '../lane-connection.ts'
import { type FillParts, fillDatabase } from './fill.ts'
import { LoadedDatabase } from './loaded-database.ts'
import type { SnapshotParts } from './parts.ts'

/** Brings a saved lane back into a database beside it. */
export async function loadState(
  parts: SnapshotParts & FillParts,
  lane: LaneConnection,
  files: StateReader,
  saved: StateSummary,
): Promise<LoadedState> {
  const builder = await parts.builder()
  const scratch = parts.server.names.side()
  try {
    const { record } = await fillDatabase(parts, builder, scratch, files, saved)
    await parts.finish?.(scratch)
    await builder.databases.mark(scratch, await parts.marker(record))
    return new LoadedDatabase(builder, lane, scratch)
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

/** The server may just be recovering from what has made the restore fail. */
async function discardPatiently({ builder, recovers }: SnapshotParts, scratch: string): Promise<void> {
  const { databases } = await builder()
  await databases.discard(scratch).catch(async (error: unknown) => {
    if (isConnectionLost(error) && (await recovers())) await databases.discard(scratch).catch(() => {})
  })
}
