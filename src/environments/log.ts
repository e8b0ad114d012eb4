/** What was done to environments: a line before each act, and one after it. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import type { ResolvedConfig } from '../core/config.ts'
import { IsolaneError, isIsolaneError, messageOf } from '../core/errors.ts'
import { stateFolder } from '../core/folders.ts'
import { isAlive, type ProcessIdentity, self } from '../core/process-identity.ts'
import { appendLine } from '../snapshots/acts.ts'
import type { ActName } from './policy.ts'

/** Which stack: several projects share a log. */
export type StackKey = Pick<ResolvedConfig, 'root' | 'name'>

/** What is to be done. */
export interface Intent {
  readonly act: ActName
  readonly environment: string
  /** What will hold what was there before. Absent: nothing is saved. */
  readonly snapshot?: string
  /** `undo`, `restore`: the snapshot that comes back, by name or path, and which of its lanes. `import`: the file. */
  readonly from?: string
  readonly lane?: string
  /** `undo`: the act that it undoes. */
  readonly undoes?: string
}

interface Begun extends Intent {
  readonly id: string
  /** ISO 8601. */
  readonly at: string
  readonly root: string
  readonly stack: string
  /** Name of the operating system's user. */
  readonly user: string
  readonly host: string
  readonly process: ProcessIdentity
}

interface Ended {
  readonly id: string
  readonly at: string
  /** `done`, or the code of the error. */
  readonly outcome: string
}

/** An act as the log tells of it. */
export interface LoggedAct extends Begun {
  /** `done`, `failed` or the code of the error it ended with, `under way`, or `interrupted` when its process ended on the way. */
  readonly outcome: string
}

export function environmentsLog(): string {
  return join(stateFolder(), 'environments.log')
}

/**
 * Does something to an environment, and has it on record before and after, by whom and how it went.
 * @param isDone whether what came of it is what was to be
 * @throws ISOLANE_STATE_NOT_WRITABLE when it can't be put on record; then nothing is done
 */
export async function recorded<Result>(
  { root, name: stack }: StackKey,
  intent: Intent,
  work: () => Promise<Result>,
  isDone: (result: Result) => boolean = () => true,
): Promise<Result> {
  const id = randomBytes(6).toString('hex')
  const begun: Begun = { id, at: now(), ...who(), root, stack, process: self, ...intent }
  append(begun)
  const end = (outcome: string) => append({ id, at: now(), outcome } satisfies Ended)
  try {
    const result = await work()
    end(isDone(result) ? 'done' : 'failed')
    return result
  } catch (error) {
    // What it failed of tells more than a disk that is full by now.
    try {
      end(isIsolaneError(error) ? error.code : 'failed')
    } catch {}
    throw error
  }
}

/** What was done to a stack's environments, newest first. */
export function loggedActs({ root, name }: StackKey): readonly LoggedAct[] {
  const lines = [`${environmentsLog()}.1`, environmentsLog()].flatMap(readLines)
  const ends = new Map(lines.flatMap((line) => ('outcome' in line ? [[line.id, line.outcome] as const] : [])))
  const begun = lines.flatMap((line) => ('outcome' in line ? [] : [line]))
  return begun
    .filter((act) => act.root === root && act.stack === name)
    .map((act) => ({ ...act, outcome: ends.get(act.id) ?? (isAlive(act.process) ? 'under way' : 'interrupted') }))
    .reverse()
}

/** A line that a crash has cut off is none. */
function readLines(file: string): readonly (Begun | Ended)[] {
  return textOf(file)
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as Begun | Ended]
      } catch {
        return []
      }
    })
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

function append(line: Begun | Ended): void {
  const file = environmentsLog()
  try {
    appendLine(JSON.stringify(line), file, { flush: true })
  } catch (error) {
    throw new IsolaneError({
      code: 'ISOLANE_STATE_NOT_WRITABLE',
      message: `${file} can't be written (${messageOf(error)}), and nothing is done to an environment off the record`,
      remedy: 'make room there, or set ISOLANE_STATE_DIR to a folder this user may write',
      cause: error,
    })
  }
}

function now(): string {
  return new Date().toISOString()
}

/** Not every user has a name. */
function who(): Pick<Begun, 'user' | 'host'> {
  const host = hostname()
  try {
    return { user: userInfo().username, host }
  } catch {
    return { user: String(process.getuid?.() ?? 'unknown'), host }
  }
}
