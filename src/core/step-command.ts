import type { LaneEndpoint } from './contracts.ts'
import { atLastResort } from './last-resort.ts'
import { endGroup, signalGroup } from './process-group.ts'
import { processVariables } from './process-variables.ts'

export interface StepCommand {
  /** As the user's shell reads it. */
  readonly command: string
  /** It runs here, and finds the programs of the project. */
  readonly root: string
  readonly lane: LaneEndpoint
  /** The lane's. */
  readonly env: Readonly<Record<string, string>>
  /** Ends it, with all that it has started. */
  readonly signal?: AbortSignal
}

export interface StepOutcome {
  /** How it failed. Absent: it did not. */
  readonly failure?: string
  /** All that it wrote, without the lane's password. */
  readonly output: string
  readonly cause: unknown
}

/** Runs a command of the user's on a lane. @throws what the signal was aborted with */
export async function runStepCommand({ command, root, lane, env, signal }: StepCommand): Promise<StepOutcome> {
  const { execa } = await import('execa')
  signal?.throwIfAborted()
  const child = execa({
    shell: true,
    cwd: root,
    env: processVariables(env),
    preferLocal: true,
    localDir: root,
    all: true,
    reject: false,
    stdin: 'ignore',
    // The shell's end would be no end of what it runs.
    detached: process.platform !== 'win32',
  })`${command}`
  const result = await groupEnd(child, signal)
  signal?.throwIfAborted()
  const output = redact(result.all ?? '', lane)
  if (!result.failed) return { output, cause: result }
  const failure = result.exitCode === undefined ? String(result.shortMessage) : `exit code ${result.exitCode}`
  return { failure, output, cause: result }
}

/** Waits for a command, and ends its process group when the signal fires, or when we end without tear-down. */
async function groupEnd<Result>(
  child: PromiseLike<Result> & { readonly pid?: number },
  signal: AbortSignal | undefined,
): Promise<Result> {
  const { pid } = child
  if (pid === undefined) return child
  let ending: Promise<unknown> | undefined
  const end = () => {
    ending ??= endGroup(pid)
  }
  const takeBack = atLastResort(() => signalGroup(pid, 'SIGKILL'))
  signal?.addEventListener('abort', end, { once: true })
  try {
    return await child
  } finally {
    signal?.removeEventListener('abort', end)
    // The shell may be gone before what it has run.
    await ending
    takeBack()
  }
}

/** What is worth quoting of a long output. */
export function lastLines(text: string, count = 40): string {
  return text.split('\n').slice(-count).join('\n')
}

/** A tool that fails often prints the URL it was given. */
function redact(text: string, { password }: LaneEndpoint): string {
  return typeof password === 'string' && password ? text.replaceAll(password, '•••') : text
}
