import type { Outcome, TestResult } from '../matrix/outcome.ts'
import type { ServiceChanges } from '../snapshots/diff.ts'

/** What a rehearsal has found. Plain data, without passwords: it is what `--json` writes. */
export interface Rehearsal {
  /** `different`: nothing failed, and data or schema are not what they were. */
  readonly result: 'same' | 'different' | 'failed'
  /** What the old side began with: a snapshot's lane, or what migrations and seed make. */
  readonly start: { readonly snapshot?: string; readonly lane?: string }
  readonly upgrades: readonly RehearsedUpgrade[]
  /** Why the new side did not come to be; nothing is compared then. */
  readonly failure?: string
  /** What differs in services that are not upgraded. */
  readonly others: readonly ServiceChanges[]
  /** Absent without a command. */
  readonly suite?: SuiteComparison
  /** Names of the two that stay. */
  readonly snapshots?: { readonly before: string; readonly after?: string }
  readonly milliseconds: number
}

/** What came of one service's upgrade. */
export interface RehearsedUpgrade {
  readonly service: string
  readonly kind: string
  /** Exact versions; as asked for where the server never ran. */
  readonly from: string
  readonly to: string
  readonly way: string
  /** What can't be undone, and what does not come along. */
  readonly warnings: readonly string[]
  /** From the start of the new server until the data were in it, in milliseconds. Absent: they never were. */
  readonly milliseconds?: number
  readonly migrations: MigrationsRun
  /** Absent where the new side never was, or nothing of the service can be saved. */
  readonly data?: DataComparison
  /** What migrations and seed make of the new version from nothing. Absent: the config has none. */
  readonly fresh?: FreshTemplate
  readonly queries: readonly QueryComparison[]
}

export interface MigrationsRun {
  /** What was run on the upgraded data: commands, `a function`, paths. */
  readonly ran: readonly string[]
  /** Why the config's own were not run again; absent when they were, or there are none. */
  readonly left?: string
  readonly milliseconds: number
  /** The engine's words. */
  readonly failures: readonly string[]
}

export interface DataComparison {
  readonly schema: 'same' | 'different' | 'none'
  /** What differs in it, where the service can say: `- …` was, `+ …` is. */
  readonly schemaDifference: readonly string[]
  /** Tables, labels, kinds of keys. */
  readonly groups: number
  /** In all of them together, on the new side. */
  readonly entries: number
  readonly changes: ServiceChanges['changes']
  /** Nothing tells what has changed, but something has. */
  readonly filesDiffer?: true
  /** What has changed is told by counts and digests alone. */
  readonly countsOnly?: true
}

export interface FreshTemplate {
  /** Compared with the upgraded one. */
  readonly schema?: 'same' | 'different' | 'none'
  readonly schemaDifference: readonly string[]
  /** Why they don't work on the new version. */
  readonly failure?: string
}

/** A query on both sides. */
export interface QueryComparison {
  /** As it was given. */
  readonly file: string
  readonly statement: string
  readonly before: QueryRun
  readonly after: QueryRun
  /** How many times as long it takes now: `1.8`. Absent where it fails. */
  readonly factor?: number
  /** Lines of a patch; empty when the plans are the same. */
  readonly planDifference: readonly string[]
}

/** Milliseconds are the median of several runs. */
export type QueryRun = { readonly milliseconds: number } | { readonly failure: string }

export interface SuiteComparison {
  readonly command: readonly string[]
  readonly before: SuiteOutcome
  readonly after: SuiteOutcome
  /** Fail on the new side only. */
  readonly broken: readonly TestResult[]
  /** Fail on the old side only. */
  readonly mended: readonly TestResult[]
  /** Fail on both sides, with what they say on the new one. */
  readonly failing: readonly TestResult[]
  /** Passed on the old side, and were not run on the new one. */
  readonly missing: readonly TestResult[]
}

/** Single tests are told where the two differ. */
export type SuiteOutcome = Omit<Outcome, 'tests'>
