import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { IsolaneError, isIsolaneError } from '../core/errors.ts'
import type { CreateOptions } from './create.ts'
import type { SnapshotLane } from './manifest.ts'

export interface LaneToSave {
  readonly name: string
  readonly failedTest?: string
  /** About what it will take, at most. */
  readonly bytes: number
}

/** @throws ISOLANE_SNAPSHOT_FAILED when there is none, ISOLANE_OPTION_INVALID for one asked for that nobody has or has left */
export async function lanesToSave(options: CreateOptions): Promise<readonly LaneToSave[]> {
  const { client, lanes } = options
  const { pool } = await client.request('status', {})
  const open = pool.lanes.filter(({ phase }) => phase === 'leased' || phase === 'kept' || phase === 'left')
  const found: LaneToSave[] = []
  for (const name of new Set(lanes ?? open.map((lane) => lane.name))) {
    const failedTest = open.find((lane) => lane.name === name)?.failedTest
    const size = await unlessGone(options, () => client.request('stateSize', { lane: name }))
    if (size) found.push({ name, bytes: size.bytes, ...(failedTest === undefined ? {} : { failedTest }) })
  }
  if (found.length === 0) throw nothingToSave()
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
  for (const { name, failedTest } of lanes) {
    onStep?.({ kind: 'lane', lane: name })
    report({ kind: 'progress', subject: name, text: 'is being saved' })
    const own = join(folder, name)
    await mkdir(own, { mode: 0o700 })
    const saving = unlessGone(options, () => client.request('saveState', { lane: name, folder: own }))
    const services = await unlessAborted(saving, signal)
    if (services) saved.push([name, { ...(failedTest === undefined ? {} : { failedTest }), services }])
    else await rm(own, { recursive: true })
    onStep?.({ kind: 'laneSaved', lane: name })
  }
  if (saved.length === 0) throw nothingToSave()
  const unsupported = saved
    .flatMap(([, { services }]) => Object.entries(services))
    .flatMap(([service, state]) => {
      return 'unsupported' in state ? [`${service}: ${state.unsupported}`] : []
    })
  const any = saved.some(([, { services }]) => Object.values(services).some((state) => 'files' in state))
  if (!any) throw nothingSupported([...new Set(unsupported)])
  return Object.fromEntries(saved)
}

/** Of all lanes, one may have come back and be gone; of those that were asked for, none. */
async function unlessGone<Result>({ lanes }: CreateOptions, ask: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (lanes === undefined && isIsolaneError(error, 'ISOLANE_OPTION_INVALID')) return undefined
    throw error
  }
}

/** @throws ISOLANE_ABORTED as soon as the signal fires. */
async function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (!signal) return work
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = () => reject(aborted())
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', abort)
    work.catch(() => {})
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
