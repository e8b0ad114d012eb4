import { type ClientsByKind, clientSupport } from './builtin-clients.ts'
import type { LaneEndpoints, RegisteredServices, Services } from './core/config.ts'
import type { LaneEndpoint, ServiceDefinition } from './core/contracts.ts'
import type { HeldLane } from './core/held-lane.ts'
import { OpenClients } from './core/open-clients.ts'
import { rememberContents } from './expect-empty.ts'

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
}

/** A lane in use, and the ends of its clients. */
export interface OpenLane<S extends Services = RegisteredServices> {
  readonly lane: WorkerLane<S>
  /** Undoes and closes what lasts for one test only: clients made with `rollback`. */
  endTest(): Promise<void>
  /** Closes all clients. Whatever the test did to them, only data that can't be undone is an error. */
  close(): Promise<void>
}

/** What a lease has given, for use in tests. The holder closes it before it gives the lane back. */
export function openLane<S extends Services = RegisteredServices>(held: HeldLane): OpenLane<S> {
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
