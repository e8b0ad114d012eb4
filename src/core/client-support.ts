import type { LaneEndpoint } from './contracts.ts'
import type { OpenClient } from './open-clients.ts'

/** What a kind of service offers to tests, beside its endpoint. */
export interface ClientSupport<Lane extends LaneEndpoint = LaneEndpoint, Methods extends object = object> {
  /**
   * The methods that stand beside an endpoint's fields.
   * @param opened is told of every client that they make, and has it closed in time.
   */
  methods(endpoint: Lane, opened: (client: OpenClient) => void): Methods
  /** What is in a lane, a line for each kind of thing: `public.users: 3 rows`. Empty for an empty one. */
  contents(endpoint: Lane): Promise<readonly string[]>
}
