import { resolve } from 'node:path'
import type { Effects } from '../core/contracts.ts'
import { IsolaneError, isIsolaneError } from '../core/errors.ts'
import { migrationFiles } from '../core/migration-files.ts'
import { type Subject, toolExample } from './empty-stack.ts'
import type { TrialLane } from './trial-lane.ts'

/** One migration, to be run on several databases. */
export interface Migration {
  /** Of a tool's only known when it has run. */
  readonly name: () => string
  up(lane: TrialLane): Promise<Effects>
  down?(lane: TrialLane): Promise<unknown>
  /** Its statements. Absent: nobody knows before a tool has run it. */
  readonly text?: string
}

export interface Migrations {
  /** A tool runs them, which goes by rows of its own: what migrations write must be left as it is. */
  readonly byTool: boolean
  /** How many there are, where that can be known. */
  readonly count?: number
  /** One after the other; those of a tool end when one changes nothing. */
  readonly all: Iterable<Migration>
}

/** The user's own commands: one runs the next migration, the other takes the last one back. */
export interface Tool {
  readonly up: string
  readonly down?: string
}

/** Of a tool that changes something whenever it is called. */
const most = 1_000

/** @throws ISOLANE_OPTION_INVALID for what can't be run one by one, ISOLANE_MIGRATIONS_NOT_FOUND */
export async function migrationsOf({ service, steps, support, config }: Subject, tool?: Tool): Promise<Migrations> {
  if (tool) return { byTool: true, all: ofTool(tool) }
  const { migrations: step } = steps
  if (typeof step !== 'string') throw notOneByOne(service, step)
  const path = resolve(config.root, step)
  const files = await migrationFiles(path, support.extensions).catch((error: unknown) => {
    throw notFound(service, path, error)
  })
  if (files.length === 0) throw notFound(service, path)
  const all = files.map(
    ({ name, up, down }): Migration => ({
      name: () => name,
      text: up.text,
      up: (lane) => lane.session.run(up),
      ...(down ? { down: (lane: TrialLane) => lane.session.run(down) } : {}),
    }),
  )
  return { byTool: false, count: all.length, all }
}

function* ofTool({ up, down }: Tool): Generator<Migration> {
  for (let number = 1; number <= most; number += 1) {
    let name = `step ${number}`
    yield {
      name: () => name,
      async up(lane) {
        const { output, ...effects } = await lane.command(up)
        name = nameIn(output) ?? name
        return effects
      },
      ...(down === undefined ? {} : { down: (lane: TrialLane) => lane.command(down) }),
    }
  }
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `\`${up}\` still changes the database when it is run for the ${most}th time`,
    remedy: 'give a command that runs the next migration, and changes nothing when there is none left',
  })
}

/** Else it would be said that all is well with migrations that have run elsewhere, or not at all. */
export function nothingRun({ up }: Tool, { env }: TrialLane): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `\`${up}\` changed nothing in the lane's database`,
    remedy: `have it connect to what its environment names: ${Object.keys(env).slice(0, 3).join(', ')} …; if it did not, see what it has changed elsewhere`,
  })
}

/** Tools name the file that they have run, and files of migrations begin with a number. */
function nameIn(output: string): string | undefined {
  return /(?<![\w.-])\d{1,20}[_-][\w.-]*\w/.exec(output)?.[0]
}

/**
 * Many tools call it a failure that there is nothing left to do.
 * @returns the line that says so
 */
export function nothingLeft(error: unknown): string | undefined {
  if (!isIsolaneError(error, 'ISOLANE_MIGRATION_FAILED')) return undefined
  const says = /\bno (?:change|more|next|pending|new|migrations?)\b|nothing to|already (?:up|at|run)|up[ -]to[ -]date/i
  const line = error.output?.trim().split('\n').at(-1)?.trim()
  return line !== undefined && says.test(line) ? line : undefined
}

function notOneByOne(service: string, step: unknown): IsolaneError {
  const isCommand = typeof step === 'object' && step !== null && 'command' in step
  const what = isCommand ? `the command \`${String(step.command)}\`` : 'a function'
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `The migrations of ${service} are run by ${what}, all at once`,
    remedy: `give the commands that run the next one and take it back: ${toolExample}`,
  })
}

function notFound(service: string, path: string, cause?: unknown): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_MIGRATIONS_NOT_FOUND',
    message: `There are no migrations of ${service} at ${path}`,
    remedy: 'put them there, or correct the `migrations` option',
    ...(cause === undefined ? {} : { cause }),
  })
}
