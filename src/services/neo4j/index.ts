import type { Service, ServiceDefinition } from '../../core/contracts.ts'
import { environments } from './environments/index.ts'
import { laneEnvironment, nowhere } from './lane.ts'
import { migrations } from './migrations/index.ts'
import { open } from './open.ts'
import { checkOptions, type Neo4jLane, type Neo4jOptions } from './options.ts'
import { queries } from './queries.ts'
import { spec } from './spec.ts'
import { describeTemplate } from './template.ts'
import { versions } from './versions.ts'

export type { Neo4jLane, Neo4jOptions, Neo4jPlugin } from './options.ts'

const service: Service<Neo4jOptions, Neo4jLane, 'neo4j'> = {
  kind: 'neo4j',
  spec,
  template: describeTemplate,
  open,
  env: laneEnvironment,
  nowhere,
  migrations,
  versions,
  queries,
  environments,
}

/**
 * Neo4j Community with a whole DBMS per lane, all in one process: each has its own Bolt port, constraints and indexes. On
 * servers with many databases, Enterprise or attached, a database per lane.
 *
 * @throws ISOLANE_OPTION_INVALID, ISOLANE_VERSION_UNSUPPORTED
 */
export function neo4j(options: Neo4jOptions = {}): ServiceDefinition<Neo4jLane, 'neo4j'> {
  const checked = checkOptions(options)
  return {
    service,
    options: { ...checked },
    ...(checked.isolation === undefined ? {} : { isolation: checked.isolation }),
    ...(checked.url === undefined ? {} : { runtime: 'attach' }),
  }
}
