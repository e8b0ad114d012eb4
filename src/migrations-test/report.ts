import type { TableLock, Unfilled } from '../core/contracts.ts'

/** Something worth knowing of a migration. */
export interface Finding {
  /** All but `change`, `lock` and `note` fail the test. */
  readonly kind: 'failure' | 'loss' | 'repeat' | 'down' | 'change' | 'lock' | 'note'
  readonly text: string
  /** What the server says, or what differs. */
  readonly details?: readonly string[]
}

/** What came of one migration. */
export interface MigrationResult {
  readonly name: string
  /** What the migration itself took, on the data. */
  readonly milliseconds: number
  /** On tables that were there before: the longest of each mode on each, the strongest first. */
  readonly locks: readonly TableLock[]
  readonly rewritten: readonly string[]
  /** Whether it gives the same schema on an empty database, and there each time. */
  readonly repeatable: 'yes' | 'no' | 'unknown'
  readonly down: 'none' | 'restores' | 'differs' | 'fails' | 'unknown'
  readonly data: 'kept' | 'changed' | 'lost' | 'unknown'
  readonly findings: readonly Finding[]
}

/** What came of a service's migrations. Plain data. */
export interface MigrationsReport {
  readonly service: string
  readonly kind: string
  /** Exact version of the server. */
  readonly version: string
  /** That each table was filled up to. */
  readonly rows: number
  readonly passed: boolean
  /** In order; those behind one that failed are missing. */
  readonly migrations: readonly MigrationResult[]
  /** The first that loses data, by name. */
  readonly firstLoss?: string
  /** Tables that have fewer rows than were wanted. */
  readonly unfilled: readonly Unfilled[]
  /** What the tool said when it failed for having nothing left to run. */
  readonly ending?: string
  /** Why the seed does not work on what the migrations make, or why it was not run. */
  readonly seed?: Finding
}

const harmless: ReadonlySet<Finding['kind']> = new Set(['change', 'lock', 'note'])

export function fails({ kind }: Finding): boolean {
  return !harmless.has(kind)
}
