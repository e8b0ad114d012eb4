import type { Service, ServiceDefinition } from '../../core/contracts.ts'
import { laneEnvironment, nowhere } from './lane.ts'
import { migrations } from './migrations/index.ts'
import { checkOptions, type SqliteLane, type SqliteOptions } from './options.ts'
import { SqliteSession } from './session.ts'
import { describeTemplate } from './template.ts'

export type { SqliteLane, SqliteOptions } from './options.ts'

const service: Service<SqliteOptions, SqliteLane> = {
  kind: 'sqlite',
  spec: (_options, { name, credentials }) => ({ service: name, kind: 'sqlite', credentials, ports: {}, folder: true }),
  template: describeTemplate,
  open: async (instance, options, context) => new SqliteSession(instance, options, context),
  env: laneEnvironment,
  nowhere,
  migrations,
}

/**
 * SQLite: a file per lane, copied from a migrated and seeded one. There is no server, so every runtime and mode means
 * the same.
 * @throws ISOLANE_OPTION_INVALID
 */
export function sqlite(options: SqliteOptions = {}): ServiceDefinition<SqliteLane> {
  return { service, options: { ...checkOptions(options) }, isolation: 'shared', runtime: 'folder' }
}
