import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { sep } from 'node:path'
import { identify, type ProcessIdentity } from '../../core/process-identity.ts'
import { readRuns } from '../../core/run.ts'
import { endProcess, grace } from './end-process.ts'

/**
 * Ends, in good order, what dead runs have left running on the data kept under a name; then what servers that were killed
 * had started, since that goes on for a moment and holds on to the data.
 * @param refuseOthers throws where a server goes on that no run has on record; nothing else is ended then
 */
export async function endLeftovers(
  runsFolder: string,
  keep: string,
  home: string,
  refuseOthers: () => void = () => {},
): Promise<void> {
  const recorded = readRuns(runsFolder).flatMap(({ resources }) => resources.map(({ resource }) => resource))
  const mine = recorded.filter((resource) => resource.kind === 'process' && resource.keep === keep)
  await Promise.all(
    mine.map(({ identity, stopSignal }) =>
      endProcess(identity as unknown as ProcessIdentity, stopSignal as NodeJS.Signals, grace.durable),
    ),
  )
  refuseOthers()
  await Promise.all(orphansIn(home).map((identity) => endProcess(identity, 'SIGKILL', 0)))
}

/** Processes that work below the folder. Only Linux shows them; elsewhere servers see for themselves that there are some. */
function orphansIn(home: string): ProcessIdentity[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && worksIn(name, home) && !hasTerminal(name))
    .flatMap((pid) => identify(Number(pid)) ?? [])
}

function worksIn(pid: string, home: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`).startsWith(home + sep)
  } catch {
    return false
  }
}

/** proc(5), field 7: as that of a person who looks around there, and of no server. */
function hasTerminal(pid: string): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[4] !== '0'
  } catch {
    return false
  }
}
