import { isName } from './names.ts'

/** A snapshot, and which of its lanes. */
export interface ChosenLane {
  /** Or a name in the project's store. */
  readonly path: string
  /** Default: its only one. */
  readonly lane?: string
}

/** `orders`, `orders#lane-1`, `/some/where/orders#lane-1`: as `ISOLANE_FROM_SNAPSHOT` has it. */
export function parseChosenLane(text: string): ChosenLane {
  const [, path = text, lane = ''] = /^(.+)#([^#]*)$/.exec(text) ?? []
  return isName(lane) ? { path, lane } : { path: text }
}

export function chosenLaneText({ path, lane }: ChosenLane): string {
  return lane === undefined ? path : `${path}#${lane}`
}
