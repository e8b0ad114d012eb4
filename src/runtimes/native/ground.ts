import type { InstanceSpec, NativeSpec, RuntimeContext } from '../../core/contracts.ts'
import type { ProvidedEngine } from './engines/index.ts'
import type { ServerUser } from './user.ts'

/** What is known of a server before it has a place of its own. */
export interface Ground {
  readonly context: RuntimeContext
  readonly spec: InstanceSpec
  readonly native: NativeSpec
  readonly engine: ProvidedEngine
  readonly additions: readonly ProvidedEngine[]
  /** Whom to drop to, when the server refuses root and we are root. */
  readonly user: ServerUser | undefined
}
