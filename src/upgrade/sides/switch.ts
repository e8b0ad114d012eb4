import { IsolaneError } from '../../core/errors.ts'
import { isolaneCommand } from '../../core/isolane-command.ts'
import { otherSide, readSides, replaceSides, type SideName, type Sides, sidesKey } from './record.ts'
import { requireState, type SideStates, stateOf } from './state.ts'

export interface Switched {
  readonly from: SideName
  /** The same as `from` when it was active already. */
  readonly to: SideName
  readonly states: SideStates
}

/**
 * Makes another side the active one, once it is up and answers. Of several switches at once each acts on what the one
 * before it has left.
 * @param to absent: the one that was active before
 * @throws ISOLANE_STACK_NOT_UP when that side is not up, ISOLANE_OPTION_INVALID when there are no sides, or was no switch
 */
export async function switchSides(key: Pick<Sides, 'root' | 'name'>, to?: SideName): Promise<Switched> {
  for (;;) {
    const sides = requireSides(key)
    const { active: from } = sides
    const target = to ?? sides.before
    if (target === undefined) throw noSwitch(sides)
    const other = otherSide(target)
    const [state, otherState] = await Promise.all([requireState(sides, target), stateOf(sides, other)])
    const states = target === 'blue' ? { blue: state, green: otherState } : { blue: otherState, green: state }
    if (target === from) return { from, to: target, states }
    if (await replaceSides(sidesKey(key), sides, { ...sides, active: target, before: from })) {
      return { from, to: target, states }
    }
  }
}

/** @throws ISOLANE_OPTION_INVALID when there are none */
export function requireSides(key: Pick<Sides, 'root' | 'name'>): Sides {
  const sides = readSides(sidesKey(key))
  if (sides) return sides
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `${key.root} has no blue and green side`,
    remedy: `make them with \`${isolaneCommand(key.root)} upgrade --blue-green --postgres 15→18\``,
  })
}

function noSwitch({ active }: Sides): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `There is nothing to go back to: ${active} has been active from the start`,
    remedy: 'name the side to switch to: blue or green',
  })
}
