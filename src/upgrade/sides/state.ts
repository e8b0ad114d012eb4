import { isIsolaneError } from '../../core/errors.ts'
import type { ServiceChanges } from '../../snapshots/diff.ts'
import { connectSide } from './connect.ts'
import { sideLost } from './find.ts'
import type { Side, SideName, Sides } from './record.ts'
import { writesSince } from './writes.ts'

/** A side as it is now. Plain data. */
export interface SideState {
  readonly name: SideName
  readonly active: boolean
  readonly versions: Side['versions']
  /** The stack's name, and the lane with its data. */
  readonly stack: string
  readonly lane: string
  /** Whether it answers and has its data. */
  readonly up: boolean
  readonly pid?: number
  /** Since the copy. Absent when it is not up, or nobody can tell. */
  readonly writes?: readonly ServiceChanges[]
  /** Why it is not up. */
  readonly problem?: string
  /** What to do about that. */
  readonly remedy?: string
}

export type SideStates = Readonly<Record<SideName, SideState>>

/** @throws ISOLANE_STACK_NOT_UP when it is gone, does not answer, or has lost its data */
export async function requireState(sides: Sides, name: SideName): Promise<SideState> {
  using connected = await connectSide(sides, name)
  try {
    const writes = await writesSince(connected.client, sides, name)
    return { ...headOf(sides, name), up: true, pid: connected.up.owner.pid, ...(writes ? { writes } : {}) }
  } catch (error) {
    throw isIsolaneError(error) ? sideLost(sides, name, `does not answer (${error.reason})`, error) : error
  }
}

/** What can't be reached is told in its place. */
export async function stateOf(sides: Sides, name: SideName): Promise<SideState> {
  try {
    return await requireState(sides, name)
  } catch (error) {
    if (!isIsolaneError(error)) throw error
    return { ...headOf(sides, name), up: false, problem: error.reason, remedy: error.remedy }
  }
}

export async function statesOf(sides: Sides): Promise<SideStates> {
  const [blue, green] = await Promise.all([stateOf(sides, 'blue'), stateOf(sides, 'green')])
  return { blue, green }
}

function headOf(sides: Sides, name: SideName) {
  const { versions, stack, lane } = sides[name]
  return { name, active: sides.active === name, versions, stack, lane }
}
