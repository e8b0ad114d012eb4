import { IsolaneError } from '../../core/errors.ts'
import { isolaneCommand } from '../../core/isolane-command.ts'
import { endSides } from '../../upgrade/sides/end.ts'
import { findSide } from '../../upgrade/sides/find.ts'
import { type SideName, type Sides, sideNames } from '../../upgrade/sides/record.ts'
import { stateOf } from '../../upgrade/sides/state.ts'
import { hasWrites, writeLines } from '../../upgrade/sides/writes.ts'
import { confirmed } from '../snapshot/asking.ts'
import { printLines } from '../snapshot/text.ts'

/** Ends both sides. Asks when something was written to one since the copy, as it goes with them. @returns whether they have ended */
export async function downSides(sides: Sides, yes: boolean): Promise<boolean> {
  const lost = yes ? [] : await losses(sides)
  if (lost.length > 0) printLines(['With blue and green goes, since the copy:', ...lost.map((line) => `  ${line}`)])
  if (lost.length > 0 && !(await confirmed('End both, with what was written to them?', yes))) return false
  await endSides(sides)
  process.stdout.write('Blue and green are down. What the config says counts again.\n')
  return true
}

/** A side is more than its stack, and more than its lane. @throws ISOLANE_OPTION_INVALID for what belongs to one */
export function refuseForSide(sides: Sides | undefined, stack: string, lane?: string): void {
  const name = sides && sideNames.find((each) => sides[each].stack === stack)
  if (!sides || name === undefined || (lane !== undefined && lane !== sides[name].lane)) return
  const what = lane === undefined ? `The stack ${stack} is` : `${lane} has the data of`
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `${what} the ${name} side`,
    remedy: `\`${isolaneCommand(sides.root)} down\` ends both sides${process.env.ISOLANE_VERSIONS ? ', without ISOLANE_VERSIONS' : ''}`,
  })
}

async function losses(sides: Sides): Promise<readonly string[]> {
  const lines = await Promise.all(sideNames.map((name) => lossesOf(sides, name)))
  return lines.flat()
}

async function lossesOf(sides: Sides, name: SideName): Promise<readonly string[]> {
  if (!findSide(sides, name)) return []
  const { problem, writes } = await stateOf(sides, name)
  if (problem !== undefined) return [problem]
  if (!writes) return [`${name}: what was written to it can't be told`]
  return hasWrites(writes) ? writeLines(writes).map((line) => `${name} ${line}`) : []
}
