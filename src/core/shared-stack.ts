import { stackFingerprint } from './stack-fingerprint.ts'
import { openStackHandle, type StackHandle, type StackHandleOptions } from './stack-handle.ts'

interface Shared {
  readonly handle: Promise<StackHandle>
  readonly users: Set<unknown>
}

/** By all that makes a stack what it is. On the global object: runners load their set-up anew for each project. */
const key = Symbol.for('isolane.stacks')
const home = globalThis as { [key]?: Map<string, Shared> }

/** A stack that several users in this process may have in common. */
export interface SharedStack {
  readonly handle: StackHandle
  /** The stack ends with the last of its users. Safe to call twice. */
  leave(): Promise<void>
}

/** Opens the stack of a config for `user`, unless another one in this process has it open: then they share it. */
export async function shareStack(options: StackHandleOptions, user: unknown): Promise<SharedStack> {
  home[key] ??= new Map()
  const stacks = home[key]
  const name = await stackFingerprint(options.config, options.signal)
  const shared = stacks.get(name) ?? { handle: openStackHandle(options), users: new Set() }
  stacks.set(name, shared)
  shared.users.add(user)
  const leave = async () => {
    if (!shared.users.delete(user) || shared.users.size > 0) return
    if (stacks.get(name) === shared) stacks.delete(name)
    await (await shared.handle).close()
  }
  try {
    return { handle: await shared.handle, leave }
  } catch (error) {
    if (stacks.get(name) === shared) stacks.delete(name)
    throw error
  }
}
