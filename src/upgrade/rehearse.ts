import type { Report } from '../core/report.ts'
import type { Runtimes } from '../core/runtime-choice.ts'
import type { SnapshotStore } from '../snapshots/store.ts'
import { verifySnapshot } from '../snapshots/verify.ts'
import { beginWith } from './beginning.ts'
import { versionsAt } from './edges.ts'
import { tryFresh } from './fresh.ts'
import type { NamedMigrations } from './migrate.ts'
import type { UpgradePlan } from './plan.ts'
import type { QueryFile } from './queries.ts'
import type { Rehearsal } from './rehearsal.ts'
import { RehearsalSnapshots } from './rehearsal-snapshots.ts'
import { resultOf } from './result.ts'
import { compareSuites } from './suite.ts'
import { type UpgradedCopy, upgradeCopy } from './upgrade-copy.ts'

export interface RehearseOptions {
  readonly plan: UpgradePlan
  readonly runtimes: Runtimes
  readonly store: SnapshotStore
  /** What the old side begins with. Default: what the config's migrations and seed make. */
  readonly from: { readonly snapshot?: string; readonly lane?: string }
  /** To run on the upgraded data. */
  readonly migrations: readonly NamedMigrations[]
  readonly queries: readonly QueryFile[]
  /** Run on both sides. Absent: only data, schema and queries are rehearsed. */
  readonly command?: readonly string[]
  /** The snapshots of both sides stay, whatever comes of it. */
  readonly keepSnapshots: boolean
  readonly report: Report
  readonly signal: AbortSignal
}

/**
 * Tries an upgrade on a copy: fills the old version, brings its data to the new one, and compares the two. Neither the
 * project's stack nor a snapshot that it begins with is written to.
 * @throws what keeps the old side from being there; what goes wrong on the new one is part of what is found
 */
export async function rehearse(options: RehearseOptions): Promise<Rehearsal> {
  const { plan, store, from, keepSnapshots, report, signal } = options
  const begun = performance.now()
  const services = plan.upgrades.map(({ service }) => service)
  await using beginning = await beginWith(plan.before, { store, ...from, services, report })
  const snapshots = new RehearsalSnapshots(store, keepSnapshots)
  try {
    const copy = await upgradeCopy(options, beginning.config, snapshots)
    const fresh = await tryFresh(plan, copy.after, snapshots, options)
    const suite = await runSuites(options, copy)
    await verifySnapshot(copy.before)
    await beginning.verify()
    const found = {
      start: beginning.start,
      upgrades: copy.upgrades.map((upgrade) => {
        const made = fresh[upgrade.service]
        return made ? { ...upgrade, fresh: made } : upgrade
      }),
      ...(copy.failure === undefined ? {} : { failure: copy.failure }),
      others: copy.others,
      ...(suite ? { suite } : {}),
    }
    const result = resultOf(found)
    const [before, after] = await snapshots.end(keepSnapshots || result !== 'same')
    const kept = before === undefined ? undefined : { before, ...(after === undefined ? {} : { after }) }
    return { result, ...found, ...(kept ? { snapshots: kept } : {}), milliseconds: performance.now() - begun }
  } catch (error) {
    const kept = await snapshots.end(keepSnapshots && !signal.aborted)
    if (kept.length > 0) report({ kind: 'info', subject: 'snapshots', text: `these stay: ${kept.join(', ')}` })
    throw error
  }
}

async function runSuites(
  { plan, command, signal }: RehearseOptions,
  { before, after }: UpgradedCopy,
): Promise<Rehearsal['suite']> {
  if (!command || !after) return undefined
  return compareSuites({
    command,
    config: plan.before,
    before: { versions: versionsAt(plan.upgrades, 'from'), snapshot: before },
    after: { versions: versionsAt(plan.upgrades, 'to'), snapshot: after },
    signal,
  })
}
