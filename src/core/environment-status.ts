import type { EnvironmentFacts } from './contracts.ts'

/** What `isolane status` tells of an environment. */
export interface EnvironmentStatus {
  readonly name: string
  /** `tta-dev` */
  readonly label: string
  readonly protected: boolean
  /** Test lanes are beside it. */
  readonly lanes: boolean
  /** By service, without credentials. */
  readonly addresses: Readonly<Record<string, string>>
  /** By service: why it can't be had at the moment. */
  readonly problems: Readonly<Record<string, string>>
  /** By service: what of a changed config was not applied to it, why, and what to do. It works as it was. */
  readonly outdated: Readonly<Record<string, string>>
  /** By service. Only for who asked for them. */
  readonly facts?: Readonly<Record<string, MeasuredFacts>>
}

export interface MeasuredFacts extends EnvironmentFacts {
  /** What its server took to tell them. */
  readonly milliseconds: number
}
