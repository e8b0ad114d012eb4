import type { Service, ServiceDefinition } from '../../core/contracts.ts'
import { environments } from './environments/index.ts'
import { laneEnvironment, nowhere } from './lane.ts'
import { migrations } from './migrations/index.ts'
import { checkOptions, type PostgresLane, type PostgresOptions } from './options.ts'
import { queries } from './queries.ts'
import { openSession } from './session.ts'
import { spec } from './spec.ts'
import { describeTemplate } from './template.ts'
import { versions } from './versions.ts'

export type { PostgresLane, PostgresOptions, PostgresVersion } from './options.ts'

const service: Service<PostgresOptions, PostgresLane, 'postgres'> = {
  kind: 'postgres',
  spec,
  template: describeTemplate,
  open: openSession,
  env: laneEnvironment,
  nowhere,
  versions,
  queries,
  migrations,
  environments,
}

/**
 * A PostgreSQL server with a database per lane, cloned from a migrated and seeded template: one of our own, or with `url`
 * one that runs already.
 * @throws ISOLANE_OPTION_INVALID
 */
export function postgres(options: PostgresOptions = {}): ServiceDefinition<PostgresLane, 'postgres'> {
  const checked = checkOptions(options)
  return {
    service,
    options: { ...checked },
    ...(checked.isolation === undefined ? {} : { isolation: checked.isolation }),
    ...(checked.url === undefined ? {} : { runtime: 'attach' }),
  }
}
