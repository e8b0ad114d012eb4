/** One measured figure beside what it is measured against, in the same run. */
export interface Row {
  readonly what: string
  readonly ours: number
  readonly theirs?: number
  readonly unit: string
  /** `ours / theirs`, unless the row says otherwise in `what`. */
  readonly ratio?: number
  readonly target: string
  readonly reached: boolean
}
