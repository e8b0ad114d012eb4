import type { Retention } from '../core/config.ts'
import { isIsolaneError, messageOf } from '../core/errors.ts'
import type { Report } from '../core/report.ts'
import { environmentsIn } from './manifest.ts'
import { openFolder } from './open-snapshot.ts'
import { removeSnapshot } from './remove.ts'
import type { SnapshotEntry, SnapshotStore } from './store.ts'
import { verify } from './verify.ts'

export interface PruneOptions {
  /** Default: now. */
  readonly now?: Date
  /** Only tell. Default: false. */
  readonly dry?: boolean
  /** Also those whose names people chose. Default: false. */
  readonly named?: boolean
}

/** A snapshot that was removed, or with `dry` would be. */
export interface Pruned {
  readonly snapshot: SnapshotEntry
  readonly why: 'age' | 'count' | 'bytes'
}

const day = 24 * 60 * 60 * 1_000

/**
 * Removes what need not be kept any longer. Never the last good one of a stack or of an environment, nor one that is being read, nor one that
 * can't be read: that is for people to judge.
 */
export async function prune(
  store: SnapshotStore,
  retention: Retention,
  options: PruneOptions = {},
): Promise<readonly Pruned[]> {
  const chosen = await chooseGood(await store.list(), retention, options)
  if (options.dry) return chosen
  const removed: Pruned[] = []
  // The oldest first, should this process be killed on the way.
  for (const each of chosen.toReversed()) {
    try {
      await removeSnapshot(each.snapshot)
      removed.unshift(each)
    } catch (error) {
      // In use, or another process was quicker.
      if (!isIsolaneError(error, 'ISOLANE_SNAPSHOT_REFUSED', 'ISOLANE_SNAPSHOT_NOT_FOUND')) throw error
    }
  }
  return removed
}

/** Prunes after something has been saved, as the config says. What goes wrong with that is a warning. */
export async function pruneAfter(store: SnapshotStore, retention: Retention, report: Report): Promise<void> {
  await prune(store, retention).catch((error) => {
    report({ kind: 'warning', subject: 'snapshot', text: `old ones could not be removed: ${messageOf(error)}` })
  })
}

/** Who keeps a last one: a stack, and each of its environments. */
function ownersOf({ manifest }: SnapshotEntry): readonly string[] {
  if (!manifest) return []
  const { stack } = manifest
  return [stack, ...environmentsIn(manifest).map((name) => `${stack} ${name}`)]
}

/** Before any goes, the one that is to stay for it is verified; is it no good, the next must stay. */
async function chooseGood(
  entries: readonly SnapshotEntry[],
  retention: Retention,
  options: PruneOptions,
): Promise<readonly Pruned[]> {
  const verified = new Set<SnapshotEntry>()
  for (let rest = entries; ; ) {
    const chosen = choose(rest, retention, options)
    const owners = new Set(chosen.flatMap(({ snapshot }) => ownersOf(snapshot)))
    const last = [...owners].map((owner) => rest.find((entry) => ownersOf(entry).includes(owner)))
    const unsure = last.find((entry) => entry && !verified.has(entry))
    if (!unsure) return chosen
    if (await isGood(unsure)) verified.add(unsure)
    else rest = rest.filter((entry) => entry !== unsure)
  }
}

async function isGood({ folder }: SnapshotEntry): Promise<boolean> {
  try {
    await using snapshot = await openFolder(folder)
    await verify(snapshot, {})
    return true
  } catch (error) {
    // Damaged, or removed meanwhile.
    if (isIsolaneError(error, 'ISOLANE_SNAPSHOT_DAMAGED', 'ISOLANE_SNAPSHOT_REFUSED')) return false
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

/** @param entries newest first. Those from the future, by a clock that was moved back since, count as new. */
export function choose(
  entries: readonly SnapshotEntry[],
  retention: Retention,
  options: PruneOptions,
): readonly Pruned[] {
  const { days = 7, count = Number.POSITIVE_INFINITY, bytes = Number.POSITIVE_INFINITY } = retention
  const now = (options.now ?? new Date()).getTime()
  const withLast = new Set<string>()
  let [counted, taken] = [0, 0]
  return entries.flatMap((snapshot) => {
    const { manifest } = snapshot
    if (!manifest) return []
    const owners = ownersOf(snapshot)
    const isLast = owners.some((owner) => !withLast.has(owner))
    for (const owner of owners) withLast.add(owner)
    if (manifest.named && !options.named) return []
    const why = () => {
      if (now - Date.parse(manifest.createdAt) > days * day) return 'age'
      if (counted >= count) return 'count'
      return taken + snapshot.bytes > bytes ? 'bytes' : undefined
    }
    const reason = isLast ? undefined : why()
    if (reason !== undefined) return [{ snapshot, why: reason }]
    counted += 1
    taken += snapshot.bytes
    return []
  })
}
