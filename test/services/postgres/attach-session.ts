import type { SavedStart, ServiceSession } from '../../../src/core/contracts.ts'
import type { ReportEvent } from '../../../src/core/report.ts'
import { createAttachRuntime } from '../../../src/runtimes/attach/index.ts'
import { type PostgresLane, type PostgresOptions, postgres } from '../../../src/services/postgres/index.ts'
import { programs } from './harness.ts'
import { snapshotsOf } from './snapshots/saved.ts'

export interface Attached extends AsyncDisposable {
  readonly session: ServiceSession<PostgresLane>
  readonly events: readonly ReportEvent[]
  lane(number: number): Promise<PostgresLane>
  reset(number: number, connections?: 'keep' | 'close'): Promise<void>
}

/** A session on a server that runs already, with its template prepared: from `start` where there is one. */
export async function attach(
  options: PostgresOptions & { readonly url: string },
  start?: SavedStart,
): Promise<Attached> {
  const { signal } = new AbortController()
  const events: ReportEvent[] = []
  const context = {
    name: 'subject',
    root: process.cwd(),
    maximumLanes: 8,
    report: (event: ReportEvent) => events.push(event),
    signal,
    programs,
  }
  const definition = postgres(options)
  const spec = definition.service.spec(definition.options, {
    ...context,
    credentials: { username: 'none', password: 'none' },
  })
  const instance = await createAttachRuntime().start(structuredClone(spec), { signal })
  const session = await definition.service.open(instance, definition.options, context)
  const id = (number: number) => ({ number, name: `lane-${number}` })
  const attached: Attached = {
    session,
    events,
    lane: (number) => session.createLane(id(number)),
    reset: (number, connections = 'close') => session.resetLane(id(number), { connections }),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  }
  try {
    const template = await definition.service.template(definition.options, context)
    if (start) await snapshotsOf(session).prepareFrom?.({ ...template, cacheable: false }, start)
    else await session.prepare(template)
    return attached
  } catch (error) {
    await attached[Symbol.asyncDispose]()
    throw error
  }
}

/** Steps that make one table of one row. `kept`: the template may stay for later runs, which tell it by `text`. */
export function oneRow(text: string, kept = false): Pick<PostgresOptions, 'seed'> {
  const run = async ({ lane }: { lane: PostgresLane }): Promise<void> => {
    const { inLane } = await import('./attach-lane.ts')
    await inLane(lane, `CREATE TABLE item (name text); INSERT INTO item VALUES ('one')`)
  }
  // A function is told apart by its text, and by its inputs.
  Object.defineProperty(run, 'toString', { value: () => text })
  return { seed: kept ? { run, inputs: [] } : run }
}
