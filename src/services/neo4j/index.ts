import type { Service, ServiceDefinition } from '../../core/contracts.ts'
import { laneEnvironment, nowhere } from './lane.ts'
import { checkOptions, type Neo4jLane, type Neo4jOptions } from './options.ts'
import { Neo4jSession } from './session.ts'
import { spec } from './spec.ts'
import { describeTemplate } from './template.ts'

export type { Neo4jLane, Neo4jOptions } from './options.ts'

const service: Service<Neo4jOptions, Neo4jLane> = {
  kind: 'neo4j',
  spec,
  template: describeTemplate,
  open: (instance, options, context) => Neo4jSession.open(instance, options, context),
  env: laneEnvironment,
  nowhere,
}

/**
 * Neo4j Community with a whole DBMS per lane, all in one process: each has its own Bolt port, constraints and indexes.
 *
 * @throws ISOLANE_OPTION_INVALID, ISOLANE_VERSION_UNSUPPORTED
 */
export function neo4j(options: Neo4jOptions = {}): ServiceDefinition<Neo4jLane> {
  return { service, options: { ...checkOptions(options) } }
}
