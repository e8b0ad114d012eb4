import type { Instance, LaneId, ServiceContext, Template } from '../../../core/contracts.ts'
import type { MigrationRecord } from '../../../core/pending-migrations.ts'
import type { LaneConnection } from '../lane-connection.ts'
import type { CopyStrategy, Marker } from '../marker.ts'
import type { Server } from '../server.ts'
import type { TemplateBuilder } from '../template.ts'
import type { TemplateContent } from '../template-content.ts'

/** What a session lends to those who keep its lanes' states. */
export interface SnapshotParts {
  readonly instance: Instance
  readonly server: Server
  readonly context: ServiceContext
  /** Aborted when nothing is to go on: the stack ends, or the session does. */
  readonly signal: AbortSignal
  /** @throws ISOLANE_LANE_LOST */
  lane(id: LaneId): LaneConnection
  builder(): Promise<TemplateBuilder>
  /** How lanes' databases are copied. */
  strategy(): Promise<CopyStrategy>
  /** What says that a database is the lane's. @param record what it was made with, where that is told */
  marker(record?: MigrationRecord): Promise<Marker>
  /** Gives a database that is to become the lane's what neither a copy nor a dump has. */
  finish?(database: string): Promise<void>
  /** What the lane's database was made with; it is kept with its state. */
  record?(): Promise<MigrationRecord | undefined>
  /** Makes a lane equal to its template; connections survive where they can. */
  reset(lane: LaneConnection): Promise<void>
  /** Waits for a server that is away; `false` when it does not come back. */
  recovers(): Promise<boolean>
  /** Finds or builds the template that lanes are cloned from. */
  prepare(template: Template, content: TemplateContent): Promise<void>
  /** Has it finished before the session ends. @throws ISOLANE_STACK_CLOSED */
  work<Result>(work: () => Promise<Result>): Promise<Result>
}
