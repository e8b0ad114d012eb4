/** Finds out whether slices of a stack are apart: writes something into one, and looks for it in all. */
import { randomBytes } from 'node:crypto'
import type { LaneEndpoint, MarkSupport } from '../core/contracts.ts'
import { forgetMarks, leftMarks, type PlacedMark, recordMarks } from './isolation-record.ts'
import type { StackKey } from './log.ts'

/** An environment, or a test lane. */
export interface Slice {
  readonly name: string
  /** By service. */
  readonly endpoints: Readonly<Record<string, LaneEndpoint>>
  /** Nothing is written into it; what is written into others is looked for in it. */
  readonly untouched?: boolean
}

export interface MarkedService {
  readonly name: string
  readonly marks: MarkSupport
}

/** What was found in one service. */
export interface ServiceIsolation {
  readonly service: string
  /** How many marks, by the slice written in and the slice found in: 1 in its own, 0 in all others. */
  readonly found: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** By the slice whose credentials were used and the slice that was to be read with them; `null`: it was not refused. */
  readonly refused: Readonly<Record<string, Readonly<Record<string, string | null>>>>
}

export interface IsolationOptions {
  readonly stack: StackKey
  readonly services: readonly MarkedService[]
  readonly slices: readonly Slice[]
  readonly signal: AbortSignal
}

/** Whether each mark was found where it was written and nowhere else, and every intrusion was refused. */
export function isApart({ found, refused }: ServiceIsolation): boolean {
  const counts = Object.entries(found).flatMap(([own, row]) =>
    Object.entries(row).map(([other, count]) => count === (own === other ? 1 : 0)),
  )
  const refusals = Object.values(refused).flatMap((row) => Object.values(row).map((how) => how !== null))
  return [...counts, ...refusals].every(Boolean)
}

/** Leaves no trace: what this process can't remove, because it is killed, the next one does. */
export async function measureIsolation(options: IsolationOptions): Promise<readonly ServiceIsolation[]> {
  const { stack, services, slices, signal } = options
  await removeLeft(options)
  const marks = services.flatMap(({ name }) =>
    slices
      .filter(({ untouched, endpoints }) => !untouched && name in endpoints)
      .map((slice) => ({ service: name, slice: slice.name, mark: `isolation-${randomBytes(8).toString('hex')}` })),
  )
  const record = await recordMarks(stack, marks)
  try {
    const measuring = services.map((service) => measure(service, slices, marks, signal))
    const measured = await Promise.allSettled(measuring)
    signal.throwIfAborted()
    return measured.map((result) => {
      if (result.status === 'fulfilled') return result.value
      throw result.reason
    })
  } finally {
    await removeAll(options, marks)
    await forgetMarks(record)
  }
}

async function removeLeft(options: IsolationOptions): Promise<void> {
  for (const left of leftMarks(options.stack)) {
    await removeAll(options, left.record.marks)
    await forgetMarks(left)
  }
}

async function measure(
  { name, marks: support }: MarkedService,
  slices: readonly Slice[],
  marks: readonly PlacedMark[],
  signal: AbortSignal,
): Promise<ServiceIsolation> {
  const own = slices.flatMap((slice) => {
    const endpoint = slice.endpoints[name]
    return endpoint ? [{ slice: slice.name, endpoint }] : []
  })
  const written = marks.flatMap(({ service, slice, mark }) => (service === name ? [{ slice, mark }] : []))
  for (const { slice, endpoint } of own) {
    signal.throwIfAborted()
    const mark = written.find((each) => each.slice === slice)?.mark
    if (mark !== undefined) await support.write(endpoint, mark)
  }
  const found: Record<string, Record<string, number>> = {}
  for (const { slice, mark } of written) {
    found[slice] = {}
    for (const other of own) {
      signal.throwIfAborted()
      found[slice][other.slice] = await support.count(other.endpoint, mark)
    }
  }
  const refused: Record<string, Record<string, string | null>> = {}
  for (const { slice, endpoint } of own) {
    refused[slice] = {}
    for (const other of own.filter((each) => each.slice !== slice)) {
      signal.throwIfAborted()
      refused[slice][other.slice] = (await support.intrude(endpoint, other.endpoint)) ?? null
    }
  }
  return { service: name, found, refused }
}

/** In slices that are there no more, or lanes that were made clean, there is nothing to remove. All are tried, then the first failure is thrown. */
async function removeAll({ services, slices }: IsolationOptions, marks: readonly PlacedMark[]): Promise<void> {
  const removing = marks.map(async ({ service, slice, mark }) => {
    const support = services.find(({ name }) => name === service)?.marks
    const endpoint = slices.find(({ name }) => name === slice)?.endpoints[service]
    if (support && endpoint) await support.remove(endpoint, mark)
  })
  const results = await Promise.allSettled(removing)
  const failed = results.find((result) => result.status === 'rejected')
  if (failed) throw failed.reason
}
