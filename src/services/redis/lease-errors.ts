import type { ServiceContext } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'
import type { Session } from './lease-record.ts'
import type { Grant } from './options.ts'

export interface Exhausted {
  readonly context: ServiceContext
  readonly grant: Grant
  /** Numbers that this session holds. */
  readonly own: readonly number[]
  readonly others: readonly Session[]
}

/** Says who holds what, and which numbers nobody of us holds. */
export function exhausted({ context, grant, own, others }: Exhausted): IsolaneError {
  const { from, to } = grant
  const leased = new Set([from, ...own, ...others.flatMap(({ numbers }) => numbers)])
  const foreign = range(from, to).filter((number) => !leased.has(number))
  const who = [
    ...(own.length > 0 ? [`DB ${list(own)} by this run (pid ${process.pid})`] : []),
    ...others.filter(({ numbers }) => numbers.length > 0).map(describeSession),
    ...(foreign.length > 0 ? [`DB ${list(foreign)} by keys that are not ours`] : []),
  ]
  return new IsolaneError({
    code: 'ISOLANE_LANES_EXHAUSTED',
    message: `No DB number of those granted to ${context.name} (${from}–${to}, the first for the record) is left: held are ${who.join('; ')}`,
    remedy: 'grant more with `databases` in redis(), use fewer workers, or wait for those runs to end',
  })
}

function describeSession({ holder: { pid, host, project, since }, numbers }: Session): string {
  return `DB ${list(numbers)} by pid ${pid} on ${host} (${project}, since ${since})`
}

function list(numbers: readonly number[]): string {
  return numbers.toSorted((left, right) => left - right).join(', ')
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

export function recordForeign({ name }: ServiceContext, { from, to }: Grant, key: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_ATTACH_REFUSED',
    message: `DB ${from}, the first of the numbers granted to ${name}, must keep the record of leases, and holds keys that are not ours (such as ${JSON.stringify(key.slice(0, 40))})`,
    remedy: `grant numbers that begin with an empty one: \`databases: { from: ${Math.min(from + 1, to)}, to: … }\``,
  })
}

/** The number of a lane or template that another session holds now. */
export function taken(database: number): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_LANE_LOST',
    message: `Redis DB ${database} is no longer ours: its lease ran out, or the record of leases was emptied`,
    remedy: 'run the test file again; it gets another lane',
  })
}

/** The number of a lane that was on nobody's record for a while. */
export function leasedAnew(database: number): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_LANE_LOST',
    message: `Redis DB ${database} was not ours for a while, and may have been emptied: its lease ran out, or the record of leases was emptied`,
    remedy: 'run the test file again; the next reset fills it',
  })
}

/** Whatever still runs must put nothing back on record. */
export function closed({ name }: ServiceContext): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_STACK_CLOSED',
    message: `The numbers of ${name} have been given back`,
    remedy: 'start the run again',
  })
}
