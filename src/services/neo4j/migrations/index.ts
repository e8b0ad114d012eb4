import type { MigrationSupport } from '../../../core/contracts.ts'
import { cypherExtensions } from '../cypher-files.ts'
import type { Neo4jLane, Neo4jOptions } from '../options.ts'
import { Neo4jMigrations } from './session.ts'

export const migrations: MigrationSupport<Neo4jOptions, Neo4jLane> = {
  extensions: cypherExtensions,
  steps: ({ migrations, seed }) => ({ ...(migrations ? { migrations } : {}), ...(seed ? { seed } : {}) }),
  empty: ({ migrations: _migrations, seed: _seed, port: _port, ...rest }) => rest,
  open: (lane) => new Neo4jMigrations(lane),
}
