import { IsolaneError } from '../../core/errors.ts'
import type { HeldLane } from '../../core/held-lane.ts'
import { isolaneCommand } from '../../core/isolane-command.ts'
import type { LaneClient } from '../../core/lane-client.ts'
import type { SavedLane } from '../../core/lane-states.ts'
import { leftAlone, restoreIntoLane } from '../../snapshots/restore.ts'
import { clearProgress, terminalReport } from '../terminal-report.ts'
import type { Restoring } from './restore.ts'
import { anyStack, type ConnectedStack, leaseFor } from './stack.ts'
import { counted, printLines } from './text.ts'

/**
 * Into clean lanes, which are kept when all has come back; else all of them are given back clean.
 * @param lanes of the snapshot
 */
export async function restoreBeside(restoring: Restoring, lanes: readonly string[]): Promise<void> {
  const { config, snapshot, signal } = restoring
  await using stack = await anyStack(config, lanes.length, signal)
  await checkRoom(stack.client, lanes.length, snapshot.name)
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
    await restoreIntoLane({
      snapshot,
      from,
      verified: true,
      load: async (folder, saved) => {
        await own.loadState(folder, saved)
        tellLeftAlone(own.lane.id.name, Object.keys(own.lane.endpoints), saved)
      },
    })
  }
}

/** Lanes that are kept are no one's to lease: to wait for one would be in vain. @throws ISOLANE_RESTORE_FAILED */
async function checkRoom(client: LaneClient, wanted: number, name: string): Promise<void> {
  const { limit, lanes } = (await client.request('status', {})).pool
  const kept = lanes.filter((lane) => lane.kept).length
  if (wanted <= limit - kept) return
  throw new IsolaneError({
    code: 'ISOLANE_RESTORE_FAILED',
    message: `There is no room for the ${counted(wanted, 'lane')} of the snapshot ${name}: of at most ${counted(limit, 'lane')} ${kept} ${kept === 1 ? 'is' : 'are'} kept`,
    remedy: `raise \`lanes\` in isolane.config.ts, ${kept > 0 ? 'let go of some with `isolane down LANE`, ' : ''}or restore fewer with --lane; nothing was changed`,
  })
}

/** All, or none. @throws ISOLANE_LANE_LOST */
async function keepAll(held: readonly HeldLane[], name: string): Promise<void> {
  try {
    for (const each of held) await each.keepAs(`snapshot ${name}`)
  } catch (error) {
    await Promise.allSettled(held.filter(({ kept }) => kept).map((each) => each.letGo()))
    throw error
  }
}

/** Of the services of a lane that something was restored into. */
export function tellLeftAlone(lane: string, services: readonly string[], saved: SavedLane): void {
  for (const text of leftAlone(services, saved)) terminalReport()({ kind: 'warning', subject: lane, text })
}
