import type { EnvironmentId } from '../../../core/contracts.ts'
import { IsolaneError } from '../../../core/errors.ts'
import { HostError } from '../host-client.ts'
import { hostFailure } from '../host-failure.ts'

/** Why an environment's DBMS could not be opened. */
export function cantOpen(error: unknown, { name }: EnvironmentId, service: string): unknown {
  if (!(error instanceof HostError)) return error
  if (error.code === 'PORT_TAKEN') {
    return new IsolaneError({
      code: 'ISOLANE_PORT_TAKEN',
      message: `Port ${error.message}, which the Neo4j of ${name} would have, is taken`,
      remedy: `end the program that listens there, or set another \`port\` or \`httpPort\` for ${service} (each environment's is 1,000 further)`,
      cause: error,
    })
  }
  if (error.code === 'NOT_OURS') {
    return new IsolaneError({
      code: 'ISOLANE_ENVIRONMENT_CHANGED',
      message: `The Neo4j of ${name} is left alone: ${error.message}`,
      remedy: 'put that folder elsewhere, or put back the names in the config that it was made with',
      cause: error,
    })
  }
  return hostFailure(error, service, 'ISOLANE_LANE_FAILED', `The Neo4j of ${name} could not be opened`)
}
