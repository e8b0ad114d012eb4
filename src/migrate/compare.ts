import type { StateSummary } from '../core/contracts.ts'
import { fingerprint } from '../core/fingerprint.ts'
import type { Compared } from './journal.ts'

type Summaries = Readonly<Record<string, StateSummary>>

/**
 * Compares what was copied with what it was copied from, by the counts and the digests of every group of entries.
 * @returns a line for each difference; none means that all values are the same
 */
export function differences(old: Summaries, copy: Summaries): readonly string[] {
  return Object.entries(old).flatMap(([service, before]) => {
    const after = copy[service]
    if (!after) return [`${service}: nothing was copied`]
    const groups = new Set([...Object.keys(before.counts), ...Object.keys(after.counts)])
    return [...groups].flatMap((group) => {
      const [left = 0, right = 0] = [before.counts[group], after.counts[group]]
      if (left !== right) return [`${service}: ${group} has ${left} in the old and ${right} in the new`]
      const isSame = before.digests[group] === after.digests[group]
      return isSame ? [] : [`${service}: ${group} has ${left} in both, with other values`]
    })
  })
}

/** How much was compared, and what it was. */
export function compared(summaries: Summaries): Compared {
  return Object.fromEntries(
    Object.entries(summaries).map(([service, { counts, digests }]) => {
      const groups = Object.keys(counts).sort()
      const entries = groups.reduce((sum, group) => sum + (counts[group] ?? 0), 0)
      const digest = fingerprint(...groups.flatMap((group) => [group, String(counts[group]), digests[group] ?? '']))
      return [service, { groups: groups.length, entries, digest }]
    }),
  )
}

/** Services that hold something else than they did. */
export function changedSince(before: Compared, now: Compared): readonly string[] {
  return Object.keys(before).filter((service) => before[service]?.digest !== now[service]?.digest)
}
