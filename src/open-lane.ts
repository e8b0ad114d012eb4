import { type ClientsByKind, clientSupport } from './builtin-clients.ts'
import type { LaneEndpoints, RegisteredServices, Services } from './core/config.ts'
import type { LaneEndpoint, ServiceDefinition } from './core/contracts.ts'
import type { HeldLane } from './core/held-lane.ts'
import { OpenClients } from './core/open-clients.ts'
import { rememberContents } from './expect-empty.ts'
import type { RestoreOptions, RestoreSaved } from './restore-saved.ts'

/** The clients that a service's endpoint offers, by its kind. */
type Clients<Definition> =
  Definition extends ServiceDefinition<LaneEndpoint, infer Kind>
    ? Kind extends keyof ClientsByKind
      ? ClientsByKind[Kind]
      : unknown
    : unknown

/** The fields that an endpoint is known to have, so that no other name compiles. All, where none is known. */
type Known<Lane> = LaneEndpoint extends Lane
  ? Lane
  : { [Field in keyof Lane as string extends Field ? never : Field]: Lane[Field] }

/**
 * A lane as tests have it: each service's endpoint by its name in the config, with clients where its kind has them, and
 * what can be done with the lane.
 */
export type WorkerLane<S extends Services = RegisteredServices> = {
  readonly [Name in keyof S]: Known<LaneEndpoints<S>[Name]> & Clients<S[Name]>
} & {
  /** `lane-3`. */
  readonly name: string
  /** The variables that stand in `process.env` of a worker that holds it. */
  readonly env: Readonly<Record<string, string>>
  /**
   * Makes the lane, or one service of it, equal to the template again.
   * @throws ISOLANE_RESET_FAILED, ISOLANE_LANE_LOST; ISOLANE_OPTION_INVALID for a service that the stack has not
   */
  reset(service?: Extract<keyof S, string>): Promise<void>
  /**
   * Keeps what the lane holds now, all services together, under a name: {@link restore} brings it back, as often as wanted.
   * It lasts as long as the test file; another of that name is replaced.
   * @throws ISOLANE_SNAPSHOT_REFUSED while a client with `rollback` has written something, ISOLANE_SNAPSHOT_UNSUPPORTED,
   * ISOLANE_SNAPSHOT_FAILED, ISOLANE_LANE_LOST
   */
  snapshot(name: string): Promise<void>
  /**
   * Makes the lane what it was at {@link snapshot}; else what a snapshot on disk holds, given by its name or the path of its
   * folder or archive. What is there now is gone.
   * @throws ISOLANE_SNAPSHOT_NOT_FOUND, ISOLANE_SNAPSHOT_DAMAGED, ISOLANE_SNAPSHOT_REFUSED, ISOLANE_RESTORE_FAILED,
   * ISOLANE_LANE_LOST
   */
  restore(nameOrPath: string, options?: RestoreOptions): Promise<void>
}

/** A lane in use, and the ends of its clients. */
export interface OpenLane<S extends Services = RegisteredServices> {
  readonly lane: WorkerLane<S>
  /** Undoes and closes what lasts for one test only: clients made with `rollback`. */
  endTest(): Promise<void>
  /** Closes all clients. Whatever the test did to them, only data that can't be undone is an error. */
  close(): Promise<void>
}

/**
 * What a lease has given, for use in tests. The holder closes it before it gives the lane back.
 * @param restoreSaved brings back what is on disk
 */
export function openLane<S extends Services = RegisteredServices>(
  held: HeldLane,
  restoreSaved: RestoreSaved,
): OpenLane<S> {
  const { endpoints, kinds, id, env } = held.lane
  const clients = new OpenClients()
  const services = Object.entries(endpoints).map(([service, endpoint]) => {
    const support = clientSupport[kinds[service] ?? '']
    const methods = support?.methods(endpoint, (client) => clients.add(service, client))
    return [service, methods ? withMethods(endpoint, methods) : endpoint] as const
  })
  const lane = {
    ...Object.fromEntries(services),
    name: id.name,
    env,
    reset: (service?: string) => clients.suspended(service, () => held.reset(service)),
    snapshot: async (name: string) => {
      await clients.checkCommitted()
      await clients.suspended(undefined, () => held.mark(name))
    },
    restore: (nameOrPath: string, options?: RestoreOptions) =>
      clients.suspended(undefined, async () => {
        if (options?.from === undefined && (await held.restoreMark(nameOrPath))) return
        await restoreSaved(held, nameOrPath, options)
      }),
  }
  rememberContents(lane, held.lane)
  return { lane: lane as unknown as WorkerLane<S>, endTest: () => clients.endTest(), close: () => clients.close() }
}

/** They don't show, so that the endpoint stays the plain data that it is: comparable, and fit for JSON and structuredClone. */
function withMethods(endpoint: LaneEndpoint, methods: object): LaneEndpoint {
  const extended = { ...endpoint }
  for (const [name, value] of Object.entries(methods)) Object.defineProperty(extended, name, { value })
  return extended
}
