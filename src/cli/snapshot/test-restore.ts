import { isDeepStrictEqual } from 'node:util'
import type { StateSummary } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'
import type { OpenSnapshot } from '../../snapshots/open-snapshot.ts'
import { restoreIntoLane } from '../../snapshots/restore.ts'
import { terminalReport } from '../terminal-report.ts'
import { type ConnectedStack, leaseFor } from './stack.ts'

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
      await restoreIntoLane({ snapshot, from, load: (folder, saved) => held.loadState(folder, saved) })
      const found = await held.describeState()
      for (const [service, saved] of Object.entries(services)) {
        if ('unsupported' in saved) continue
        const difference = differenceOf(saved.state, found[service])
        if (difference !== undefined) throw cameBackOther(snapshot.name, from, service, difference)
      }
    } finally {
      signal.removeEventListener('abort', release)
      release()
    }
  }
}

/** The first thing in which a state that was brought back is not what was saved. */
function differenceOf(saved: StateSummary, found: StateSummary | undefined): string | undefined {
  if (!found) return 'it is not there'
  const groups = [...new Set([...Object.keys(saved.counts), ...Object.keys(found.counts)])]
  const other = groups.find((group) => saved.counts[group] !== found.counts[group])
  if (other !== undefined) return `${other} has ${found.counts[other] ?? 0} instead of ${saved.counts[other] ?? 0}`
  const changed = groups.find((group) => saved.digests[group] !== found.digests[group])
  if (changed !== undefined) return `what is in ${changed} has changed`
  return isDeepStrictEqual(saved.schema, found.schema) ? undefined : 'its schema differs'
}

function cameBackOther(name: string, lane: string, service: string, difference: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_RESTORE_FAILED',
    message: `${service} of ${lane} of the snapshot ${name} comes back as something else: ${difference}`,
    remedy: 'the snapshot itself is as it was written; compare the versions of the servers',
  })
}
