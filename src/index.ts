import type { Services, StackConfig } from './core/config.ts'

export type { ClientsByKind } from './builtin-clients.ts'
export type {
  After,
  Keep,
  LaneEndpoints,
  Matrix,
  Mode,
  Preset,
  PresetName,
  Register,
  RegisteredServices,
  ResetPolicy,
  Retention,
  RuntimeChoice,
  Services,
  StackConfig,
  Versions,
} from './core/config.ts'
export type * from './core/contracts.ts'
export { nowhereHost } from './core/contracts.ts'
export { type DefineWithOptions, defineService } from './core/define-service.ts'
export { type ErrorCode, IsolaneError } from './core/errors.ts'
export type { Report, ReportEvent } from './core/report.ts'
export type { Step, StepContext, StepFunction } from './core/template-steps.ts'
export { expectEmpty } from './expect-empty.ts'
export { type LeasedLane, type LeaseOptions, lease } from './lease.ts'
export type { WorkerLane } from './open-lane.ts'
export {
  type ContainerLane,
  type ContainerLaneFiles,
  type ContainerLanes,
  type ContainerOptions,
  type ContainerServer,
  type ContainerWait,
  container,
  type LaneFields,
} from './services/container/index.ts'
export { type Neo4jLane, type Neo4jOptions, type Neo4jPlugin, neo4j } from './services/neo4j/index.ts'
export { type PostgresLane, type PostgresOptions, type PostgresVersion, postgres } from './services/postgres/index.ts'
export { type RedisLane, type RedisOptions, type RedisSeed, redis } from './services/redis/index.ts'
export { type SqliteLane, type SqliteOptions, sqlite } from './services/sqlite/index.ts'

/** The config of a stack, checked by its type: `export default defineStack({ services: { … } })`. */
export function defineStack<const S extends Services>(config: StackConfig<S>): StackConfig<S> {
  return config
}
