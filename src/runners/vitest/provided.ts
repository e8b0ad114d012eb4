import type { LaneSource } from '../../core/held-lane.ts'

/** What `inject('isolane')` returns in a test. Survives `structuredClone`. */
export interface ProvidedIsolane {
  /** Present once the stack is up. */
  readonly source?: LaneSource
  /** Why the set-up failed, when it did: reruns fail with it instead of running without databases. */
  readonly failure?: string
  readonly runtime: string
  readonly mode: string
  /** Whether the run uses a stack that was up before. */
  readonly attached: boolean
  readonly services: Readonly<Record<string, { readonly kind: string; readonly version: string }>>
}

declare module 'vitest' {
  interface ProvidedContext {
    isolane: ProvidedIsolane
  }
}
