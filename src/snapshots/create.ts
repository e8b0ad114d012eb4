import { randomBytes } from 'node:crypto'
import { mkdir, open, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { IsolaneError } from '../core/errors.ts'
import type { LaneClient } from '../core/lane-client.ts'
import type { LaneStatus } from '../core/lane-status.ts'
import { packageVersion } from '../core/package-root.ts'
import type { Report } from '../core/report.ts'
import { writeFailed } from '../core/state-files.ts'
import { logged } from './acts.ts'
import { checkSpace } from './disk.ts'
import { exists, makeReadOnly, publishFolder, syncFolder } from './durable.ts'
import { type LaneToSave, lanesToSave, saveLanes } from './lanes.ts'
import { manifestText } from './manifest.ts'
import { lastSequence } from './manifest-schema.ts'
import { automaticName, checkName, manifestFile } from './names.ts'
import { foldersOf, type OpenSnapshot, parsed } from './open-snapshot.ts'
import { type Registered, registerFolder, registerReading } from './registered.ts'
import type { SnapshotStore } from './store.ts'

/** What has just been done, in this order; `lane` and `laneSaved` once for each lane. */
export type CreateStep =
  | { readonly kind: 'begun'; readonly name: string; readonly lanes: readonly string[]; readonly bytes: number }
  | { readonly kind: 'folderMade' }
  | { readonly kind: 'lane' | 'laneSaved'; readonly lane: string }
  | { readonly kind: 'foldersSynced' }
  | { readonly kind: 'manifestWritten' }
  | { readonly kind: 'named' }
  | { readonly kind: 'readOnly' }

export interface CreateOptions {
  readonly store: SnapshotStore
  /** Of the stack whose lanes are saved, or what answers in its place. */
  readonly client: Pick<LaneClient, 'request'>
  /** Default: one made of the time. */
  readonly name?: string
  /** Whether a person chose it; others are removed by themselves. Default: whether there is a name. */
  readonly named?: boolean
  /**
   * Names; or which of those that somebody has, or has left. Default: all of them. Where they are not named, lanes that can't
   * be saved are passed over with a warning.
   */
  readonly lanes: readonly string[] | ((lane: LaneStatus) => boolean) | undefined
  /** Why, for people: `by hand`. */
  readonly reason: string
  /** The config's `name`. */
  readonly stack: string
  readonly report: Report
  readonly onStep?: (step: CreateStep) => void
  readonly signal?: AbortSignal
}

/**
 * Saves lanes of a running stack as one snapshot: all of it, or nothing. Whenever this process is killed there is either
 * the whole snapshot or an unfinished folder that the next run removes.
 * @throws ISOLANE_SNAPSHOT_EXISTS, ISOLANE_SNAPSHOT_FAILED, ISOLANE_SNAPSHOT_UNSUPPORTED, ISOLANE_DISK_FULL,
 * ISOLANE_ABORTED, ISOLANE_LANE_LOST
 */
export async function createSnapshot(options: CreateOptions): Promise<OpenSnapshot> {
  const { store, name = automaticName() } = options
  checkName(name)
  return logged('create', name, async () => {
    await store.prepare()
    const target = join(store.folder, name)
    if (await exists(target)) throw taken(name, store)
    const lanes = await lanesToSave(options)
    const bytes = lanes.reduce((sum, lane) => sum + lane.bytes, 0)
    await checkSpace(store.folder, bytes)
    options.onStep?.({ kind: 'begun', name, lanes: lanes.map((lane) => lane.name), bytes })
    const partial = join(store.folder, `.${name}.${randomBytes(6).toString('hex')}.partial`)
    const registered = registerFolder(partial)
    let reading: Registered | undefined
    try {
      await mkdir(partial, { mode: 0o700 })
      options.onStep?.({ kind: 'folderMade' })
      const contents = await write(partial, name, lanes, options)
      // Before it has its name: from then on it is made, and nobody removes it before it is done with here.
      reading = registerReading(join(await realpath(store.folder), name))
      if (!(await publishFolder(partial, target))) throw taken(name, store)
      registered.release()
      options.onStep?.({ kind: 'named' })
      // Some disks know no modes: it is whole without.
      await makeReadOnly(target).catch(() => {})
      options.onStep?.({ kind: 'readOnly' })
      const { release } = reading
      return { name, folder: target, ...contents, [Symbol.asyncDispose]: async () => release() }
    } catch (error) {
      reading?.release()
      const removed = await rm(partial, { recursive: true, force: true, maxRetries: 3 }).then(
        () => true,
        () => false,
      )
      if (removed) registered.release()
      throw writeFailed(error, store.folder)
    }
  })
}

async function write(
  folder: string,
  name: string,
  lanes: readonly LaneToSave[],
  options: CreateOptions,
): Promise<Pick<OpenSnapshot, 'manifest' | 'bytes'>> {
  const { store, named = options.name !== undefined, stack, reason, onStep } = options
  const createdAt = new Date().toISOString()
  const saved = await saveLanes(folder, lanes, options)
  for (const segments of foldersOf({ lanes: saved }).toReversed()) await syncFolder(join(folder, ...segments))
  onStep?.({ kind: 'foldersSynced' })
  const text = manifestText({
    name,
    named,
    createdAt,
    sequence: await nextSequence(store),
    isolane: packageVersion(),
    stack,
    platform: `${process.platform}-${process.arch}`,
    reason,
    lanes: saved,
  })
  const path = join(folder, manifestFile)
  // What would be refused later is better refused now.
  const contents = parsed(text, path)
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await syncFolder(folder)
  onStep?.({ kind: 'manifestWritten' })
  return contents
}

async function nextSequence(store: SnapshotStore): Promise<number> {
  const entries = await store.list()
  const greatest = Math.max(0, ...entries.map(({ manifest }) => manifest?.sequence ?? 0))
  return Math.min(1 + greatest, lastSequence)
}

function taken(name: string, { folder }: SnapshotStore): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_EXISTS',
    message: `There is a snapshot ${name} in ${folder} already`,
    remedy: `choose another name, or remove that one first: isolane snapshot remove ${name}`,
  })
}
