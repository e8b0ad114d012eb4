import type { ContainerSpec, InstanceSpec, RuntimeContext } from '../../core/contracts.ts'
import type { Blueprint } from './blueprint.ts'
import type { Engine } from './engine.ts'
import type { DeathWatch } from './watch.ts'

/** What every start of a runtime stands on. */
export interface Ground {
  readonly context: RuntimeContext
  readonly engine: Engine
  readonly watch: DeathWatch
}

/** One server that is to run. */
export interface Plan extends Ground {
  readonly spec: InstanceSpec
  /** With its placeholders replaced. */
  readonly container: ContainerSpec
  readonly blueprint: Blueprint
  readonly keep: string | undefined
  readonly signal: AbortSignal
}
