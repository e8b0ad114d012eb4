import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { nodeOptionsForPrograms } from './node-options.ts'
import { identify } from './process-identity.ts'

const attempts = 5

/**
 * Starts a program that outlives us, from where nothing can be awaited. A new process belongs to our terminal for a moment,
 * and a second Ctrl-C in that moment kills it before it has become the program; then another one is started.
 */
export function startSurvivor(program: string, args: readonly string[]): void {
  const env = { ...process.env, NODE_OPTIONS: nodeOptionsForPrograms() }
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const child = spawn(program, [...args], { detached: true, env, stdio: 'ignore', windowsHide: true })
    child.on('error', () => {})
    child.unref()
    if (child.pid === undefined || hasBecomeProgram(child.pid)) return
  }
}

/** `spawn` returns once the process has become the program or has died on the way: then it has no command line any more. */
function hasBecomeProgram(pid: number): boolean {
  if (process.platform !== 'linux') return identify(pid) !== undefined
  try {
    return readFileSync(`/proc/${pid}/cmdline`).length > 0
  } catch {
    return false
  }
}
