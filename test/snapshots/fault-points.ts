/** Kills this process at a given operation on the disk. Import it before anything that uses the disk. */
import fs from 'node:fs'
import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

type Callable = (...given: unknown[]) => unknown

/** What changes something. */
const asynchronous = ['mkdir', 'open', 'rename', 'link', 'rm', 'chmod'] as const
const synchronous = ['mkdirSync', 'writeFileSync', 'renameSync', 'rmSync', 'openSync'] as const

let armed = false
let target = 0
let count = 0

wrap(promises, asynchronous)
wrap(fs, synchronous)
const handle = await promises.open(import.meta.filename)
wrap(Object.getPrototypeOf(handle), ['sync', 'writeFile'])
await handle.close()
syncBuiltinESMExports()

/** From now on operations are counted. @param operation before which the process is killed; 0: none */
export function arm(operation: number): void {
  armed = true
  target = operation
}

/** @returns how many there were */
export function disarm(): number {
  armed = false
  return count
}

export function killSelf(): never {
  process.kill(process.pid, 'SIGKILL')
  throw new Error('still alive')
}

function wrap<Name extends string>(owner: { [Key in Name]: unknown }, names: readonly Name[]): void {
  const methods = owner as Record<string, Callable>
  for (const name of names) {
    const original = methods[name]
    if (!original) throw new Error(`there is no ${name}`)
    methods[name] = function counted(this: unknown, ...given: unknown[]) {
      if (armed) {
        count += 1
        if (count === target) killSelf()
      }
      return original.apply(this, given)
    }
  }
}
