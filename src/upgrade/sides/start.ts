import { startBackgroundStack } from '../../core/background-stack.ts'
import type { ResolvedConfig } from '../../core/config.ts'
import { endStack } from '../../core/end-stack.ts'
import { IsolaneError } from '../../core/errors.ts'
import { HeldLane } from '../../core/held-lane.ts'
import { isolaneCommand } from '../../core/isolane-command.ts'
import { LaneClient } from '../../core/lane-client.ts'
import type { Report } from '../../core/report.ts'
import { unlessAborted } from '../../core/unless-aborted.ts'
import { findClaim, findUp, upLogFile } from '../../core/up-record.ts'
import { versionsText } from '../../core/versions.ts'
import { type ChosenLane, chosenLaneText } from '../../snapshots/chosen-lane.ts'
import { reasonOf } from './connect.ts'
import { filledFolder, putDown } from './filled.ts'
import { type Side, type SideName, sidesKey, versionsLine } from './record.ts'

export interface SideStart {
  readonly name: SideName
  /** With the side's versions. */
  readonly config: ResolvedConfig
  readonly versions: Side['versions']
  /** What it is filled from. */
  readonly filled: ChosenLane
  /** Of both sides. */
  readonly id: string
  readonly report: Report
  readonly signal: AbortSignal
}

/** A side that is up, and ends with this process as long as it is not kept. */
export interface StartedSide {
  readonly side: Side
  /** From now on it ends with `isolane down` only. */
  keep(): Promise<void>
  /** It does not depend on us any more. */
  letGo(): void
}

/** @throws ISOLANE_STACK_ALREADY_UP when somebody has brought up a stack of the same versions */
export function checkFree({ name, config, versions }: Pick<SideStart, 'name' | 'config' | 'versions'>): void {
  const up = findClaim(sidesKey(config))
  if (!up) return
  throw new IsolaneError({
    code: 'ISOLANE_STACK_ALREADY_UP',
    message: `A stack with the versions of the ${name} side (${versionsLine(versions)}) is up already (pid ${up.owner.pid})`,
    remedy: `end it first: ISOLANE_VERSIONS=${versionsText(versions)} ${isolaneCommand(config.root)} down`,
  })
}

/** Brings a side up, filled, with the lane that holds its data. @throws as `isolane up` does */
export async function startSide(start: SideStart): Promise<StartedSide> {
  const { name, config, versions, filled, id, signal } = start
  const key = sidesKey(config)
  const stack = await startBackgroundStack({
    root: config.root,
    workers: 2,
    logFile: upLogFile(key),
    arguments: ['--until-unused'],
    environment: { ISOLANE_VERSIONS: versionsText(versions), ISOLANE_FROM_SNAPSHOT: chosenLaneText(filled) },
    report: (event) => start.report({ ...event, subject: `${name} ${event.subject}` }),
    signal,
  })
  try {
    const up = findUp(key)
    if (!up || up.owner.pid !== stack.pid) throw endedAtOnce(start)
    const source = { address: up.address, reset: 'never' } as const
    const held = await HeldLane.lease(source, { what: 'isolane upgrade --blue-green', number: 1 })
    const client = await LaneClient.connect(up.address)
    const lane = held.lane.id.name
    await unlessAborted(signal, putDown(client, lane, filledFolder(id, name)))
    return {
      side: { versions, stack: config.name, owner: up.owner, lane },
      keep: async () => {
        await held.keepAs(reasonOf(name))
        await client.request('stay', {})
      },
      letGo: () => {
        held.release()
        client.close()
        stack.letGo()
      },
    }
  } catch (error) {
    stack.letGo()
    const up = findClaim(key)
    // Meanwhile somebody else may have brought one up.
    if (up && up.owner.pid === stack.pid) await endStack(up)
    throw error
  }
}

function endedAtOnce({ name }: SideStart): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_START_FAILED',
    message: `The stack of the ${name} side ended at once`,
    remedy: '`isolane doctor` checks the machine',
  })
}
