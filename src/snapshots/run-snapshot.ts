import type { ResolvedConfig } from '../core/config.ts'
import { isCi } from '../core/config-check.ts'
import { findConfigFile } from '../core/config-file.ts'
import { IsolaneError } from '../core/errors.ts'
import { isolaneCommand } from '../core/isolane-command.ts'
import type { LaneClient } from '../core/lane-client.ts'
import type { LaneStatus } from '../core/lane-status.ts'
import type { Report } from '../core/report.ts'
import type { AfterRun } from '../core/stack-handle.ts'
import { createSnapshot } from './create.ts'
import type { OpenSnapshot } from './open-snapshot.ts'
import { SnapshotStore } from './store.ts'

type Wanted = AfterRun['snapshot']

/** Milliseconds after which a run waits for its snapshot no longer. */
const patience = 600_000

/**
 * Saves what a run has left, if anything, and says how to open it.
 * @returns names of the lanes that are saved @throws as `createSnapshot` does
 */
export async function saveRun(
  client: LaneClient,
  wanted: Wanted,
  config: ResolvedConfig,
  report: Report,
): Promise<readonly string[]> {
  const { name, of } = wanted
  const lanes = (lane: LaneStatus) => isWanted(lane, wanted)
  const { pool } = await client.request('status', {})
  if (!pool.lanes.some(lanes)) {
    const text = 'was not made: no lane is as a test file has left it'
    if (of === 'all') report({ kind: 'info', subject: 'snapshot', text })
    return []
  }
  const limit = new AbortController()
  const timer = setTimeout(() => limit.abort(tookTooLong()), patience)
  await using snapshot = await createSnapshot({
    store: SnapshotStore.of(config),
    client,
    name,
    named: false,
    lanes,
    reason: of === 'failed' ? 'tests failed' : 'the tests were over',
    stack: config.name,
    report,
    signal: limit.signal,
  }).finally(() => clearTimeout(timer))
  report({ kind: 'info', subject: 'snapshot', text: lastWords(snapshot, of, config) })
  return Object.keys(snapshot.manifest.lanes)
}

function tookTooLong(): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_ABORTED',
    message: `The snapshot took longer than the ${patience / 60_000} minutes that a run waits for it`,
    remedy: 'nothing is left of it; seed less, or have only failed tests saved: after: "snapshot-on-failure"',
  })
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
  // Commands find no stack that is given inline.
  const inline = findConfigFile(root) === undefined
  const here = `${isolaneCommand(root)} snapshot restore ${name}`
  return [
    `${name} has the lanes ${what} (${Math.ceil(bytes / 1_000)} kB, ${folder})`,
    ...lanes,
    inline ? 'to restore it needs the stack in isolane.config.ts, not inline' : here,
    ...(travels && !inline
      ? [`isolane snapshot restore ./${name}  (beside a copy of that folder, such as a CI artefact)`]
      : []),
  ].join('\n  ')
}
