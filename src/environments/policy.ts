/** Which acts on environments are allowed, and what they take: one pure function, of which docs/environments-safety.md holds the table. */
import { isProduction } from '../core/environment-names.ts'
import type { EnvironmentStatus } from '../core/environment-status.ts'

/** What replaces all or, as `import` does, some of what an environment holds, or removes it with all of the stack's data. */
export type ActName = 'wipe' | 'reset' | 'undo' | 'restore' | 'import' | 'remove'

/** What is known of an environment, of a stack that is up. */
export type PolicyEnvironment = Pick<EnvironmentStatus, 'name' | 'lanes' | 'protected'>

export interface Wish {
  readonly act: ActName
  readonly environment: PolicyEnvironment
  /** Whether somebody can be asked. */
  readonly terminal: boolean
  /** `--yes`. */
  readonly yes: boolean
  /** What was typed when it was asked. Absent: nobody was asked yet. */
  readonly typed?: string
  /** Age, in milliseconds, of the youngest snapshot of it that is whole and was verified just now. Absent: there is none. */
  readonly snapshotAge?: number
}

/**
 * `asks`: it is allowed once exactly these words are typed. `refused`: `declined` where somebody decided so or nobody could
 * be asked, so that the same can be allowed another time.
 */
export type Verdict =
  | { readonly is: 'allowed' }
  | { readonly is: 'asks'; readonly words: string }
  | { readonly is: 'refused'; readonly why: string; readonly remedy: string; readonly declined: boolean }

/** What a person may do to it: `reset` asks nothing in a `test` one. */
export type EnvironmentKind = 'ordinary' | 'test' | 'protected' | 'production'

/** A snapshot that a protected environment is wiped or restored over on the strength of may be this old, in milliseconds. */
export const freshMilliseconds = 60 * 60 * 1_000

export function kindOf({ name, lanes, protected: isProtected }: PolicyEnvironment): EnvironmentKind {
  if (isProduction(name)) return 'production'
  if (isProtected) return 'protected'
  return lanes ? 'test' : 'ordinary'
}

/** Whether it takes a fresh snapshot to be allowed, which somebody made beforehand. */
export function needsSnapshot(act: ActName, environment: PolicyEnvironment): boolean {
  return kindOf(environment) === 'protected' && (act === 'wipe' || act === 'restore' || act === 'remove')
}

/** What is typed to have it done: a protected environment's name; else what is lost, or a mere yes where it is only exchanged. */
export function wordsFor(act: ActName, environment: PolicyEnvironment): string {
  if (kindOf(environment) === 'protected') return environment.name
  return isLoss(act) ? `DELETE ${environment.name.toUpperCase()} DATA` : 'yes'
}

function isLoss(act: ActName): boolean {
  return act === 'wipe' || act === 'remove'
}

/** Decides on one act. Never throws. */
export function judge(wish: Wish): Verdict {
  const { act, environment, terminal, yes, typed } = wish
  const { name } = environment
  const kind = kindOf(environment)
  if (kind === 'production') return never(wish)
  if (act === 'reset') return kind === 'test' ? { is: 'allowed' } : notForTests(environment)
  if (act === 'import' && kind === 'protected') {
    return refused(`${name} is protected, and --replace drops tables`, 'import into another one, or drop them there')
  }
  if (kind === 'protected' && !terminal) {
    return refused(`${name} is protected, and there is no terminal to type its name on`, 'do it on a terminal')
  }
  if (needsSnapshot(act, environment) && !isFresh(wish)) return unsaved(wish)
  // Whoever wipes on a terminal types what goes, so that no alias and no line of the shell's history does it.
  if (yes && kind !== 'protected' && !(isLoss(act) && terminal)) return { is: 'allowed' }
  if (!terminal) {
    return declined('there is no terminal to ask on', '`--yes` does it without asking')
  }
  const words = wordsFor(act, environment)
  if (typed === undefined) return { is: 'asks', words }
  return typed === words ? { is: 'allowed' } : declined(`that was not "${words}"`, 'type exactly that')
}

/** One from the future, by a clock that was moved back since, may be of any age. */
function isFresh({ snapshotAge }: Wish): boolean {
  return snapshotAge !== undefined && snapshotAge >= 0 && snapshotAge < freshMilliseconds
}

function never({ act, environment: { name } }: Wish): Verdict {
  return refused(
    `Isolane does no ${act} where an environment is called ${name}`,
    `if that must be, do it with the database's own tools; \`isolane snapshot ${name}\` saves it, and changes nothing`,
  )
}

function notForTests({ name }: PolicyEnvironment): Verdict {
  return refused(
    `${name} is not for tests, and a reset asks nothing`,
    `\`isolane wipe ${name}\` asks first; \`lanes: true\` in isolane.config.ts is what makes one for tests`,
  )
}

function unsaved({ environment: { name } }: Wish): Verdict {
  return refused(
    `${name} is protected, and no whole snapshot of it is younger than an hour and good`,
    `make one: isolane snapshot ${name}`,
  )
}

function refused(why: string, remedy: string): Verdict {
  return { is: 'refused', why, remedy, declined: false }
}

function declined(why: string, remedy: string): Verdict {
  return { is: 'refused', why, remedy, declined: true }
}
