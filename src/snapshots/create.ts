import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { IsolaneError } from '../core/errors.ts'
import type { LaneClient } from '../core/lane-client.ts'
import { packageRoot } from '../core/package-root.ts'
import type { Report } from '../core/report.ts'
import { writeFailed } from '../core/state-files.ts'
import { logged } from './acts.ts'
import { checkSpace } from './disk.ts'
import { exists, makeReadOnly, publishFolder, syncFolder } from './durable.ts'
import { type LaneToSave, lanesToSave, saveLanes } from './lanes.ts'
import { manifestFile, manifestText, parseManifest } from './manifest.ts'
import { automaticName, checkName } from './names.ts'
import { foldersOf, type OpenSnapshot } from './open-snapshot.ts'
import { registerFolder } from './registered.ts'
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
  /** Of the stack whose lanes are saved. */
  readonly client: LaneClient
  /** Default: one made of the time. */
  readonly name?: string
  /** Whether a person chose it; others are removed by themselves. Default: whether there is a name. */
  readonly named?: boolean
  /** Names. Default: all that somebody has, or has left. */
  readonly lanes: readonly string[] | undefined
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
    try {
      await mkdir(partial, { mode: 0o700 })
      options.onStep?.({ kind: 'folderMade' })
      await write(partial, name, lanes, options)
      if (!(await publishFolder(partial, target))) throw taken(name, store)
      options.onStep?.({ kind: 'named' })
    } catch (error) {
      const removed = await rm(partial, { recursive: true, force: true, maxRetries: 3 }).then(
        () => true,
        () => false,
      )
      if (removed) registered.release()
      throw writeFailed(error, store.folder)
    }
    registered.release()
    // Some disks know no modes: it is whole without.
    await makeReadOnly(target).catch(() => {})
    options.onStep?.({ kind: 'readOnly' })
    return store.open(name)
  })
}

async function write(
  folder: string,
  name: string,
  lanes: readonly LaneToSave[],
  options: CreateOptions,
): Promise<void> {
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
    isolane: isolaneVersion(),
    stack,
    platform: `${process.platform}-${process.arch}`,
    reason,
    lanes: saved,
  })
  const path = join(folder, manifestFile)
  // What would be refused later is better refused now.
  parseManifest(text, path)
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await syncFolder(folder)
  onStep?.({ kind: 'manifestWritten' })
}

async function nextSequence(store: SnapshotStore): Promise<number> {
  const entries = await store.list()
  return 1 + Math.max(0, ...entries.map(({ manifest }) => manifest?.sequence ?? 0))
}

function isolaneVersion(): string {
  return (JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string }).version
}

function taken(name: string, { folder }: SnapshotStore): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_EXISTS',
    message: `There is a snapshot ${name} in ${folder} already`,
    remedy: `choose another name, or remove that one first: isolane snapshot remove ${name}`,
  })
}
