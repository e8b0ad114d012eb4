import type { OpenSnapshot } from '../snapshots/open-snapshot.ts'
import { type OneLaneOptions, openOneLane, type SaveOptions } from './one-lane.ts'

export type SaveCopyOptions = Omit<OneLaneOptions, 'what'> & SaveOptions

/**
 * A snapshot of a lane as a config's lanes begin: what migrations and seed make, or the snapshot that it starts from. Its
 * servers run for that alone.
 * @throws as `openStackHandle` and `createSnapshot` do
 */
export async function saveCopy({
  config,
  runtimes,
  report,
  signal,
  ...saving
}: SaveCopyOptions): Promise<OpenSnapshot> {
  await using opened = await openOneLane({ config, runtimes, what: saving.reason, report, signal })
  return await opened.save(saving)
}
