import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { thisMachine } from '../../../core/machine.ts'
import { isAlive, self } from '../../../core/process-identity.ts'

/** One session's use of a server that others use too, as it stands on record there. */
export interface Holder {
  /** Eight hexadecimal digits. */
  readonly run: string
  readonly host: string
  readonly machine: string
  readonly pid: number
  readonly startedAt: string
}

export function newHolder(): Holder {
  const { pid, startedAt } = self
  return { run: randomBytes(4).toString('hex'), host: hostname(), machine: thisMachine(), pid, startedAt }
}

/**
 * Whether nobody will miss what it holds. A process that lives on this machine keeps it, however long it sleeps (in a
 * debugger, say); one elsewhere keeps it until its lease runs out.
 */
export function isDead(holder: Holder, expired: boolean): boolean {
  return holder.machine === thisMachine() ? !isAlive(holder) : expired
}
