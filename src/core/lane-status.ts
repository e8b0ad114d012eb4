import type { DurationSummary } from './durations.ts'
import type { Holder, LanePhase, LaneSlot } from './lane.ts'
import { withoutSecrets } from './lane-address.ts'

export interface StatusOptions {
  /** Default: false, and no password is told. */
  readonly passwords?: boolean
  /** Also sizes, connections and limits of environments, which their servers are asked for. Default: false. */
  readonly facts?: boolean
}

export interface LaneStatus {
  readonly name: string
  readonly phase: LanePhase
  readonly holder?: Holder
  /** The first test that failed on it, when it is kept or left for that or will be once it comes back. */
  readonly failedTest?: string
  /** Whether it is kept, or will be once it comes back. Absent: no. */
  readonly kept?: true
  /** The snapshot that its state goes into after the run. */
  readonly snapshot?: string
  /** By service, without credentials. Empty where there is no lane yet. */
  readonly addresses: Readonly<Record<string, string>>
  /** Its whole environment, with passwords. Only for who asked for them. */
  readonly env?: Readonly<Record<string, string>>
}

export interface PoolStatus {
  readonly limit: number
  readonly created: number
  readonly peak: number
  readonly lanes: readonly LaneStatus[]
  /** From the request to the answer. */
  readonly leases: DurationSummary
  /** Of those, the ones for which a clean lane was waiting. */
  readonly waitingLeases: DurationSummary
  readonly resets: DurationSummary
}

const hasEnvironment: ReadonlySet<LanePhase> = new Set(['ready', 'leased', 'kept', 'left'])

export function describeLane(slot: LaneSlot, passwords: boolean): LaneStatus {
  const { id, phase, holder, failedTest, kept, snapshot, lane, parts } = slot
  return {
    name: id.name,
    phase,
    ...(holder ? { holder } : {}),
    ...(failedTest === undefined ? {} : { failedTest }),
    ...(kept ? { kept: true } : {}),
    ...(snapshot === undefined ? {} : { snapshot }),
    addresses: Object.fromEntries(
      [...parts].map(([service, { url }]) => [service, withoutSecrets(url, { user: false })]),
    ),
    ...(passwords && lane && hasEnvironment.has(phase) ? { env: lane.env } : {}),
  }
}
