import { IsolaneError } from '../../core/errors.ts'
import { isolaneCommand } from '../../core/isolane-command.ts'
import { isAlive } from '../../core/process-identity.ts'
import { findUp, type ReadyRecord } from '../../core/up-record.ts'
import { otherSide, type SideName, type Sides, sideKey, versionsLine } from './record.ts'

/** Its stack, as long as the process that was started for it lives. */
export function findSide(sides: Sides, name: SideName): ReadyRecord | undefined {
  const { owner } = sides[name]
  const up = isAlive(owner) ? findUp(sideKey(sides, name)) : undefined
  return up?.owner.pid === owner.pid ? up : undefined
}

/** @throws ISOLANE_STACK_NOT_UP when its process has ended */
export function requireSide(sides: Sides, name: SideName): ReadyRecord {
  const up = findSide(sides, name)
  if (up) return up
  throw sideLost(sides, name, `is gone with its data: the process that had it up has ended`)
}

/** @param what has become of it */
export function sideLost(sides: Sides, name: SideName, what: string, cause?: unknown): IsolaneError {
  const isolane = isolaneCommand(sides.root)
  const other = otherSide(name)
  const ending = `\`${isolane} down\` ends both, and what the config says counts again`
  const goOn = name === sides.active ? `\`${isolane} switch ${other}\` goes on with ${other}` : `${other} goes on`
  return new IsolaneError({
    code: 'ISOLANE_STACK_NOT_UP',
    message: `The ${name} side (${versionsLine(sides[name].versions)}) of ${sides.root} ${what}`,
    remedy: findSide(sides, other) ? `${goOn}; ${ending}` : ending,
    ...(cause === undefined ? {} : { cause }),
  })
}
