import { findConfigFile } from './config-file.ts'
import { messageOf } from './errors.ts'
import type { HeldLane } from './held-lane.ts'
import { isolaneCommand } from './isolane-command.ts'
import type { KeepAnswer } from './kept-lanes.ts'
import type { Lane } from './lane.ts'
import { laneAddress } from './lane-address.ts'

/**
 * What a test's output says of its lane once the test has failed: where each service is, how to open the lane when it is
 * kept, and how to have it again when it is saved. Only the first failure on a lane is told in full. Passwords are left out
 * unless `ISOLANE_SHOW_PASSWORDS` is `1`. Never throws.
 */
export async function failedTest(held: HeldLane, test: string): Promise<string> {
  const { lane, failures } = held
  held.failures += 1
  const whatBecomesOfIt = await keep(held, test)
  const head = `isolane: "${test}" failed on ${lane.id.name}`
  if (failures > 0) return `${head}, which is told above`
  return [head, ...addressLines(lane), ...whatBecomesOfIt].join('\n  ')
}

async function keep(held: HeldLane, test: string): Promise<readonly string[]> {
  const { keepFailed, notKept, snapshot, root = process.cwd() } = held.source
  const why = notKept === undefined ? [] : [`not kept: ${notKept}`]
  if (!keepFailed && !snapshot) {
    return why.length > 0 ? why : ["not kept; `keep: 'failed'` in isolane.config.ts keeps lanes like this one"]
  }
  const { refused, left } = await askToKeep(held, test)
  const { name } = held.lane.id
  if (refused !== undefined) {
    const saved = 'saved after the run, unless another test file needs the lane before'
    const restore = left && snapshot ? [`${saved}: ${restoreCommand(root, snapshot.name, name)}`] : []
    return [...why, `not kept${keepFailed ? '' : ' for the snapshot'}: ${refused}`, ...restore]
  }
  const open = keepFailed ? [`kept as this file leaves it: ${isolaneCommand(root)} open ${name}`] : []
  const restore = snapshot
    ? [`saved after the run as this file leaves it: ${restoreCommand(root, snapshot.name, name)}`]
    : []
  return [...why, ...open, ...restore]
}

/** Where the stack is given inline no command finds it. */
function restoreCommand(root: string, snapshot: string, lane: string): string {
  if (findConfigFile(root) !== undefined) return `${isolaneCommand(root)} snapshot restore ${snapshot} --lane ${lane}`
  return `${snapshot}; to restore it needs the stack in isolane.config.ts, not inline`
}

async function askToKeep(held: HeldLane, test: string): Promise<KeepAnswer> {
  try {
    return await held.keep(test)
  } catch (error) {
    return { refused: messageOf(error).split('\n')[0] ?? '' }
  }
}

function addressLines({ endpoints }: Lane): string[] {
  const width = Math.max(...Object.keys(endpoints).map((service) => service.length))
  const passwords = process.env.ISOLANE_SHOW_PASSWORDS === '1'
  return Object.entries(endpoints).map(
    ([service, endpoint]) => `${service.padEnd(width)}  ${laneAddress(endpoint, { passwords })}`,
  )
}
