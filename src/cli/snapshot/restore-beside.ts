import { IsolaneError } from '../../core/errors.ts'
import type { HeldLane } from '../../core/held-lane.ts'
import { isolaneCommand } from '../../core/isolane-command.ts'
import { restoreIntoLane } from '../../snapshots/restore.ts'
import { clearProgress, terminalReport } from '../terminal-report.ts'
import type { Restoring } from './restore.ts'
import { anyStack, type ConnectedStack, leaseFor } from './stack.ts'
import { printLines } from './text.ts'

/**
 * Into clean lanes, which are kept when all has come back; else all of them are given back clean.
 * @param lanes of the snapshot
 */
export async function restoreBeside(restoring: Restoring, lanes: readonly string[]): Promise<void> {
  const { config, snapshot, signal } = restoring
  await using stack = await anyStack(config, lanes.length, signal)
  const held = new Map<string, HeldLane>()
  const release = () => {
    for (const each of held.values()) each.release()
  }
  try {
    signal.addEventListener('abort', release, { once: true })
    await loadAll(restoring, stack, lanes, held)
    signal.throwIfAborted()
    // From here on it comes to its end, so that not some are kept and others not.
    signal.removeEventListener('abort', release)
    await keepAll([...held.values()], snapshot.name)
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    signal.removeEventListener('abort', release)
    release()
  }
  clearProgress()
  const isolane = isolaneCommand(config.root)
  printLines(
    [...held].flatMap(([from, { lane }]) => [
      `${from} of ${snapshot.name} is in ${lane.id.name} now, until \`${isolane} down ${lane.id.name}\`. Look into it:`,
      ...openLines(isolane, lane.id.name, Object.keys(lane.endpoints)),
    ]),
  )
}

/** How a lane's services are looked into. */
export function openLines(isolane: string, lane: string, services: readonly string[]): string[] {
  if (services.length === 1) return [`  ${isolane} open ${lane}`]
  return services.map((service) => `  ${isolane} open ${lane} ${service}`)
}

async function loadAll(
  { snapshot, signal }: Restoring,
  stack: ConnectedStack,
  lanes: readonly string[],
  held: Map<string, HeldLane>,
): Promise<void> {
  const report = terminalReport()
  for (const from of lanes) {
    signal.throwIfAborted()
    const own = await leaseFor(stack, `isolane snapshot restore ${snapshot.name}`, from)
    held.set(from, own)
    signal.throwIfAborted()
    report({ kind: 'progress', subject: from, text: `comes back into ${own.lane.id.name}` })
    await restoreIntoLane({ snapshot, from, load: (folder, saved) => own.loadState(folder, saved) })
  }
}

/** All, or none. @throws ISOLANE_RESTORE_FAILED */
async function keepAll(held: readonly HeldLane[], name: string): Promise<void> {
  for (const [index, each] of held.entries()) {
    const { refused } = await each.keep(`snapshot ${name}`)
    if (refused === undefined) continue
    await Promise.all(held.slice(0, index).map((kept) => kept.letGo()))
    throw new IsolaneError({
      code: 'ISOLANE_RESTORE_FAILED',
      message: `The snapshot ${name} came back, but its lanes can't be kept (${refused})`,
      remedy: 'make room, or raise `lanes` in isolane.config.ts; nothing was left behind',
    })
  }
}
