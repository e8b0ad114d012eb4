import type { LaneEndpoints, RegisteredServices } from './core/config.ts'
import type { HeldLane } from './core/held-lane.ts'

/** A lane as tests have it: each service's endpoint by its name in the config, and what can be done with the lane. */
export type WorkerLane = LaneEndpoints<RegisteredServices> & {
  /** `lane-3`. */
  readonly name: string
  /** The variables that stand in `process.env` of a worker that holds it. */
  readonly env: Readonly<Record<string, string>>
  /** Makes the lane, or one service of it, equal to the template again. @throws ISOLANE_RESET_FAILED, ISOLANE_LANE_LOST */
  reset(service?: string): Promise<void>
}

/** What a lease has given, for use in tests. */
export function openLane(held: HeldLane): WorkerLane {
  const { endpoints, id, env } = held.lane
  return { ...endpoints, name: id.name, env, reset: (service?: string) => held.reset(service) } as WorkerLane
}
