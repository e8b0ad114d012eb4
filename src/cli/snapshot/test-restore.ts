import { isDeepStrictEqual } from 'node:util'
import type { StateSummary } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'
import type { SavedService } from '../../core/lane-states.ts'
import type { OpenSnapshot } from '../../snapshots/open-snapshot.ts'
import { restoreIntoLane } from '../../snapshots/restore.ts'
import { terminalReport } from '../terminal-report.ts'
import { type ConnectedStack, leaseFor } from './stack.ts'

type Saved = Pick<Extract<SavedService, { readonly state: unknown }>, 'kind' | 'state'>

/**
 * Brings each of a snapshot's lanes back into a clean one, compares what is there with what the manifest says, and gives it
 * back.
 * @throws ISOLANE_RESTORE_FAILED where it differs, and as {@link restoreIntoLane} does
 */
export async function testRestore(stack: ConnectedStack, snapshot: OpenSnapshot, signal: AbortSignal): Promise<void> {
  const report = terminalReport()
  for (const [from, { services }] of Object.entries(snapshot.manifest.lanes)) {
    signal.throwIfAborted()
    const held = await leaseFor(stack, `isolane snapshot verify ${snapshot.name}`, from)
    const release = () => held.release()
    signal.addEventListener('abort', release, { once: true })
    try {
      report({ kind: 'progress', subject: from, text: `comes back into ${held.lane.id.name}` })
      await restoreIntoLane({ snapshot, from, verified: true, load: (folder, saved) => held.loadState(folder, saved) })
      const found = await held.describeState()
      for (const [service, saved] of Object.entries(services)) {
        if ('unsupported' in saved) continue
        const difference = differenceOf(saved, found[service])
        if (difference !== undefined) throw cameBackOther(snapshot.name, from, service, difference)
      }
    } finally {
      signal.removeEventListener('abort', release)
      release()
    }
  }
}

/**
 * The first thing in which a state that was brought back is not what was saved. That keys of Redis have expired since is
 * none: those that remain are compared where none of their type has.
 */
export function differenceOf({ kind, state: saved }: Saved, found: StateSummary | undefined): string | undefined {
  if (!found) return 'it is not there'
  const groups = [...new Set([...Object.keys(saved.counts), ...Object.keys(found.counts)])]
  const missing = (group: string) => (saved.counts[group] ?? 0) - (found.counts[group] ?? 0)
  const expired = kind === 'redis' ? expiring(saved) - expiring(found) : 0
  const hasExpired =
    expired > 0 &&
    groups.every((group) => missing(group) >= 0) &&
    groups.reduce((sum, group) => sum + missing(group), 0) === expired
  const other = hasExpired ? undefined : groups.find((group) => missing(group) !== 0)
  if (other !== undefined) return `${other} has ${found.counts[other] ?? 0} instead of ${saved.counts[other] ?? 0}`
  const changed = groups.find((group) => missing(group) === 0 && saved.digests[group] !== found.digests[group])
  if (changed !== undefined) return `what is in ${changed} has changed`
  return isDeepStrictEqual(saved.schema, found.schema) ? undefined : 'its schema differs'
}

function expiring({ details }: StateSummary): number {
  return Number(details.expiring ?? 0)
}

function cameBackOther(name: string, lane: string, service: string, difference: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_RESTORE_FAILED',
    message: `${service} of ${lane} of the snapshot ${name} comes back as something else: ${difference}`,
    remedy: 'the snapshot itself is as it was written; compare the versions of the servers',
  })
}
