import type { StackHandle } from '../../core/stack-handle.ts'

/** One stack and the Vitest projects of this process that use it. */
export interface SharedHandle {
  readonly handle: Promise<StackHandle>
  readonly projects: Set<unknown>
}

interface Registry {
  /** By all that makes a stack what it is. */
  readonly stacks: Map<string, SharedHandle>
}

const key = Symbol.for('isolane.vitest')
const home = globalThis as { [key]?: Registry }

/** Each project loads the set-up anew; they meet here. */
export function registry(): Registry {
  home[key] ??= { stacks: new Map() }
  return home[key]
}
