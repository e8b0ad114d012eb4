import type { StandardVariable } from '../database-variables.ts'

/** A migrations or seed option as it will stand in the config. */
export type StepPlan =
  | { readonly path: string }
  | {
      readonly command: string
      /** `undefined`: nobody knows. */
      readonly inputs?: readonly string[]
      /** More variables for the command, with whose value they take. */
      readonly variables?: Readonly<Record<string, StandardVariable>>
    }

/** What makes a project's schema. */
export interface Recognised {
  readonly tool: string
  /** `undefined`: recognised, but nothing that can be run with certainty. */
  readonly migrations?: StepPlan
  readonly seed?: StepPlan
  /** Commands of scripts that the template makes needless. */
  readonly replaces?: RegExp
  /** What is left to the user, and why. */
  readonly advice?: string
}
