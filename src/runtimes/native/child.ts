import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { identify, type ProcessIdentity } from '../../core/process-identity.ts'
import { type Registration, type Run, runLabel } from '../../core/run.ts'
import type { ServerUser } from './user.ts'

/** Waits for a line, then becomes the program that its arguments name. */
const gate = 'read -r line <&3 && exec "$@" 3<&-'

export interface ChildOptions {
  readonly program: string
  readonly arguments: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly folder: string
  readonly user: ServerUser | undefined
  /** `output`: a file descriptor for both streams, or `pipe` to read them. */
  readonly output: number | 'pipe'
  readonly input: 'pipe' | 'ignore'
  /** For people: `postgres server`. */
  readonly what: string
  readonly stopSignal: NodeJS.Signals
  /** It works on the data kept under this name. */
  readonly keep?: string | undefined
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** It could not even be started. */
  readonly error?: Error
}

export interface Child {
  readonly pid: number | undefined
  readonly identity: ProcessIdentity | undefined
  readonly exited: Promise<Exit>
  /** Set once it has ended. */
  readonly exit: Exit | undefined
  readonly stdin: Writable | null
  readonly stdout: Readable | null
  readonly stderr: Readable | null
  kill(signal: NodeJS.Signals): void
  /** Whether our process may end while this one still runs. */
  holdUs(hold: boolean): void
}

/**
 * Starts a process in a session of its own, registered with the run. Except on Windows it becomes the program only when it
 * is registered, and ends when we are killed before: servers that overwrite their title lose the label with it.
 */
export function startChild(options: ChildOptions, run: Run): Child {
  const gated = process.platform !== 'win32'
  const words = [options.program, ...options.arguments]
  const [program = '', ...rest] = gated ? ['/bin/sh', '-c', gate, 'sh', ...words] : words
  const child = spawn(program, rest, {
    cwd: options.folder,
    env: { ...options.environment, [runLabel]: run.id },
    stdio: [options.input, options.output, options.output, ...(gated ? ['pipe' as const] : [])],
    // Ctrl-C in a terminal goes to us, not to the servers that our tests still talk to.
    detached: process.platform !== 'win32',
    windowsHide: true,
    ...(options.user ? { uid: options.user.uid, gid: options.user.gid } : {}),
  })
  const identity = child.pid === undefined ? undefined : identify(child.pid)
  const registration = identity ? registerProcess(run, identity, options) : undefined
  if (gated) open(child)
  let exit: Exit | undefined
  const exited = whenExited(child).then((ended) => {
    exit = ended
    registration?.release()
    return ended
  })
  return {
    pid: child.pid,
    identity,
    exited,
    get exit() {
      return exit
    },
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    kill: (signal) => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    },
    holdUs: (hold) => {
      const action = hold ? 'ref' : 'unref'
      child[action]()
      const input = child.stdin as (Writable & { ref?(): void; unref?(): void }) | null
      input?.[action]?.()
    },
  }
}

export function describeExit(exit: Exit): string {
  if (exit.error) return `could not be run: ${exit.error.message}`
  return exit.signal ? `was ended by ${exit.signal}` : `ended with exit code ${exit.code}`
}

function open(child: ChildProcess): void {
  const line = child.stdio[3] as Writable | null | undefined
  // It breaks when the process is ended at once; that is told by its exit.
  line?.on('error', () => {})
  line?.end('\n', () => line.destroy())
}

function registerProcess(run: Run, identity: ProcessIdentity, { what, stopSignal, keep }: ChildOptions): Registration {
  return run.register({
    kind: 'process',
    what: `${what}, pid ${identity.pid}`,
    identity: { ...identity },
    stopSignal,
    ...(keep === undefined ? {} : { keep }),
  })
}

function whenExited(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      if (child.pid === undefined) resolve({ code: null, signal: null, error })
    })
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
}
