import type { ResolvedConfig } from '../core/config.ts'
import { isCi } from '../core/config-check.ts'
import { isIsolaneError } from '../core/errors.ts'
import { isolaneCommand } from '../core/isolane-command.ts'
import type { LaneClient } from '../core/lane-client.ts'
import type { LaneStatus } from '../core/lane-status.ts'
import type { Report } from '../core/report.ts'
import type { AfterRun } from '../core/stack-handle.ts'
import { createSnapshot } from './create.ts'
import type { OpenSnapshot } from './open-snapshot.ts'
import { prune } from './retention.ts'
import { SnapshotStore } from './store.ts'

type Wanted = AfterRun['snapshot']

/** Milliseconds after which a run waits for its snapshot no longer. */
const patience = 600_000
/** Another run on the same stack may take a lane between our look at it and its turn. */
const attempts = 3

/** Saves what a run has left, if anything, and says how to open it. @throws as `createSnapshot` does */
export async function saveRun(
  client: LaneClient,
  wanted: Wanted,
  config: ResolvedConfig,
  report: Report,
): Promise<void> {
  const store = SnapshotStore.of(config)
  const { name, of } = wanted
  const reason = of === 'failed' ? 'tests failed' : 'the tests were over'
  const options = { store, client, name, named: false, reason, stack: config.name, report }
  const signal = AbortSignal.timeout(patience)
  for (let attempt = 1; ; attempt += 1) {
    const lanes = await lanesFor(wanted, client)
    if (lanes.length === 0) return
    try {
      await using snapshot = await createSnapshot({ ...options, lanes, signal })
      report({ kind: 'info', subject: 'snapshot', text: lastWords(snapshot, of, config) })
      return
    } catch (error) {
      if (attempt === attempts || !isIsolaneError(error, 'ISOLANE_OPTION_INVALID')) throw error
    }
  }
}

/** Removes what the config keeps no longer. */
export async function pruneAfterRun(config: ResolvedConfig): Promise<void> {
  await prune(SnapshotStore.of(config), config.retention)
}

async function lanesFor(wanted: Wanted, client: LaneClient): Promise<readonly string[]> {
  const { pool } = await client.request('status', {})
  return pool.lanes.filter((lane) => isWanted(lane, wanted)).map(({ name }) => name)
}

/** Workers may be at their end still: what they hold is what their last test file has left. */
function isWanted({ phase, failedTest, snapshot, holder }: LaneStatus, { name, of }: Wanted): boolean {
  if (phase !== 'leased' && phase !== 'kept' && phase !== 'left') return false
  return (snapshot ?? holder?.snapshot) === name && (of === 'all' || failedTest !== undefined)
}

/** What there is now, and the command that opens it: here, and on another machine that gets a copy of the folder. */
function lastWords(
  { name, folder, bytes, manifest }: OpenSnapshot,
  of: Wanted['of'],
  { root }: ResolvedConfig,
): string {
  const what = of === 'failed' ? 'of test files that failed' : 'as the last test files left them'
  const lanes = Object.entries(manifest.lanes).map(([lane, { failedTest }]) =>
    failedTest === undefined ? lane : `${lane}: "${failedTest}"`,
  )
  const travels = isCi() || process.env.ISOLANE_SNAPSHOT_DIR
  return [
    `${name} has the lanes ${what} (${Math.ceil(bytes / 1_000)} kB, ${folder})`,
    ...lanes,
    `${isolaneCommand(root)} snapshot restore ${name}`,
    ...(travels ? [`isolane snapshot restore ./${name}  (beside a copy of that folder, such as a CI artefact)`] : []),
  ].join('\n  ')
}
