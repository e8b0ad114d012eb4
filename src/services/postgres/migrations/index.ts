import type { MigrationSupport } from '../../../core/contracts.ts'
import type { PostgresLane, PostgresOptions } from '../options.ts'
import { PostgresMigrations } from './session.ts'

export const migrations: MigrationSupport<PostgresOptions, PostgresLane> = {
  extensions: ['.sql'],
  steps: ({ migrations, seed }) => ({ ...(migrations ? { migrations } : {}), ...(seed ? { seed } : {}) }),
  empty: ({ migrations: _migrations, seed: _seed, port: _port, ...rest }) => rest,
  open: (lane) => new PostgresMigrations(lane),
}
