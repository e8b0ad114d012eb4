import { type ProcessVariables, processVariables, setVariables } from './process-variables.ts'

/** Variables of a test run's main process, which its workers inherit, and what they were before. */
interface RunVariables {
  /** By user. */
  readonly set: Map<unknown, ProcessVariables>
  readonly originals: Map<string, string | undefined>
}

/** On the global object: runners load their set-up anew for each project. */
const key = Symbol.for('isolane.run-variables')
const home = globalThis as { [key]?: RunVariables }

function runVariables(): RunVariables {
  home[key] ??= { set: new Map(), originals: new Map() }
  return home[key]
}

/** Sets variables for the time in which `user` has its stack. Those that would lead past it are removed. */
export function setRunVariables(user: unknown, env: Readonly<Record<string, string>>): void {
  const { set, originals } = runVariables()
  const variables = processVariables(env)
  for (const name of Object.keys(variables)) if (!originals.has(name)) originals.set(name, process.env[name])
  set.set(user, variables)
  setVariables(variables)
}

/** What `user` has set is taken back. With the last user all variables are what they were. */
export function takeBackRunVariables(user: unknown): void {
  const { set, originals } = runVariables()
  set.delete(user)
  if (set.size > 0) return
  setVariables(Object.fromEntries(originals))
  originals.clear()
}

/** Lets work, such as reading a config, see the variables as they were before any run had set its own. */
export async function withOriginalVariables<Result>(work: () => Promise<Result>): Promise<Result> {
  const { set, originals } = runVariables()
  setVariables(Object.fromEntries(originals))
  try {
    return await work()
  } finally {
    for (const variables of set.values()) setVariables(variables)
  }
}
