import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { IsolaneError, isIsolaneError, messageOf } from '../core/errors.ts'
import { unlessAborted } from '../core/unless-aborted.ts'
import type { CreateOptions } from './create.ts'
import type { SnapshotLane } from './manifest.ts'

export interface LaneToSave {
  readonly name: string
  readonly failedTest?: string
  /** About what it will take, at most. */
  readonly bytes: number
}

/**
 * @throws ISOLANE_SNAPSHOT_FAILED when there is none, ISOLANE_OPTION_INVALID for one asked for that nobody has or has left,
 * what the first of those that were not asked for by name has failed of when all have
 */
export async function lanesToSave(options: CreateOptions): Promise<readonly LaneToSave[]> {
  const { client, lanes = () => true } = options
  const { pool } = await client.request('status', {})
  const open = pool.lanes.filter(({ phase }) => phase === 'leased' || phase === 'kept' || phase === 'left')
  const found: LaneToSave[] = []
  const failures: unknown[] = []
  for (const name of new Set(typeof lanes === 'function' ? open.filter(lanes).map((lane) => lane.name) : lanes)) {
    const failedTest = open.find((lane) => lane.name === name)?.failedTest
    const size = await unlessPassedOver(options, name, failures, () => client.request('stateSize', { lane: name }))
    if (size) found.push({ name, bytes: size.bytes, ...(failedTest === undefined ? {} : { failedTest }) })
  }
  if (found.length === 0) throw failures[0] ?? nothingToSave()
  return found
}

/** Writes each lane below a folder of its name. @throws ISOLANE_SNAPSHOT_UNSUPPORTED when nothing in them can be saved */
export async function saveLanes(
  folder: string,
  lanes: readonly LaneToSave[],
  options: CreateOptions,
): Promise<Readonly<Record<string, SnapshotLane>>> {
  const { client, onStep, report, signal } = options
  const saved: [string, SnapshotLane][] = []
  const failures: unknown[] = []
  for (const { name, failedTest } of lanes) {
    onStep?.({ kind: 'lane', lane: name })
    report({ kind: 'progress', subject: name, text: 'is being saved' })
    const own = join(folder, name)
    await mkdir(own, { mode: 0o700 })
    const services = await unlessPassedOver(options, name, failures, () =>
      unlessCalledOff(client.request('saveState', { lane: name, folder: own }), signal),
    )
    if (services) saved.push([name, { ...(failedTest === undefined ? {} : { failedTest }), services }])
    else await rm(own, { recursive: true })
    onStep?.({ kind: 'laneSaved', lane: name })
  }
  if (saved.length === 0) throw failures[0] ?? nothingToSave()
  const unsupported = saved
    .flatMap(([, { services }]) => Object.entries(services))
    .flatMap(([service, state]) => {
      return 'unsupported' in state ? [`${service}: ${state.unsupported}`] : []
    })
  const any = saved.some(([, { services }]) => Object.values(services).some((state) => 'files' in state))
  if (!any) throw nothingSupported([...new Set(unsupported)])
  return Object.fromEntries(saved)
}

/** Of lanes that nobody has named, one may have come back and be gone, and another one fail: that costs the others nothing. */
async function unlessPassedOver<Result>(
  { lanes, client, report }: CreateOptions,
  lane: string,
  failures: unknown[],
  ask: () => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (Array.isArray(lanes) || isIsolaneError(error, ...reasonsForAll)) throw error
    if (isIsolaneError(error, 'ISOLANE_OPTION_INVALID')) return undefined
    // A stack that has ended has no others.
    await client.request('status', {})
    report({ kind: 'warning', subject: lane, text: `is not in the snapshot: ${messageOf(error)}` })
    failures.push(error)
  }
}

/** What would befall the other lanes too. */
const reasonsForAll = ['ISOLANE_ABORTED', 'ISOLANE_DISK_FULL', 'ISOLANE_SNAPSHOT_UNSUPPORTED'] as const

/** @throws the signal's reason, or else ISOLANE_ABORTED, as soon as it fires. */
async function unlessCalledOff<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (!signal) return work
  try {
    return await unlessAborted(signal, work)
  } catch (error) {
    throw error === signal.reason && !isIsolaneError(error) ? aborted() : error
  }
}

function aborted(): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_ABORTED',
    message: 'The snapshot was called off',
    remedy: 'nothing is left of it; what was there before is as it was',
  })
}

function nothingToSave(): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_FAILED',
    message: 'There is no lane to save: none is leased, and no run has kept or left one',
    remedy:
      'save one while a test or `isolane exec` has it, or have runs save theirs with `after` in isolane.config.ts',
  })
}

function nothingSupported(reasons: readonly string[]): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_UNSUPPORTED',
    message: `None of the services can be saved (${reasons.join('; ')})`,
    remedy: 'the reasons are given for each; see docs/snapshot-format.md for what can be',
  })
}
