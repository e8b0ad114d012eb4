import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { identify, type ProcessIdentity } from '../../core/process-identity.ts'
import type { Registration, Run } from '../../core/run.ts'
import type { ServerUser } from './user.ts'

/** Carried by every process we start, and so by its children: how a sweep knows them when nothing else does. */
export const runLabel = 'ISOLANE_RUN'

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

/** Starts a process that is registered with the run in the same tick, in a session of its own. */
export function startChild(options: ChildOptions, run: Run): Child {
  const child = spawn(options.program, [...options.arguments], {
    cwd: options.folder,
    env: { ...options.environment, [runLabel]: run.id },
    stdio: [options.input, options.output, options.output],
    // Ctrl-C in a terminal goes to us, not to the servers that our tests still talk to.
    detached: process.platform !== 'win32',
    windowsHide: true,
    ...(options.user ? { uid: options.user.uid, gid: options.user.gid } : {}),
  })
  const identity = child.pid === undefined ? undefined : identify(child.pid)
  const registration = identity ? registerProcess(run, identity, options) : undefined
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

function registerProcess(run: Run, identity: ProcessIdentity, options: ChildOptions): Registration {
  const what = `${options.what}, pid ${identity.pid}`
  return run.register({ kind: 'process', what, identity: { ...identity }, stopSignal: options.stopSignal })
}

function whenExited(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      if (child.pid === undefined) resolve({ code: null, signal: null, error })
    })
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
}
