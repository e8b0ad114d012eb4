/** How services try migrations out, one at a time: part of the contracts, see contracts.ts. */
import type { LaneEndpoint } from './contracts.ts'
import type { Step, StepFile } from './template-steps.ts'

/** How a service's migrations are tried out. */
export interface MigrationSupport<Options = unknown, Lane extends LaneEndpoint = LaneEndpoint> {
  /** Of files with migrations, with the dot: `['.sql']`. */
  readonly extensions: readonly string[]
  /** What makes the schema by the options, and the rows that come with it. */
  steps(options: Options): { readonly migrations?: Step<Lane>; readonly seed?: Step<Lane> }
  /** The same options for a database without either, which may run beside a stack that is up. */
  empty(options: Options): Options
  /** Works on a lane's database. The database may be replaced by an equal one between two calls. */
  open(lane: Lane, signal: AbortSignal): MigrationSession
}

/** One lane's database, for migrations to be tried on. */
export interface MigrationSession extends AsyncDisposable {
  /**
   * Adds rows until each table has that many, and values to columns that have none yet.
   * @param spared tables to leave alone, and, as `table.column`, columns that get no values where no row has one
   * @returns what could not be filled, and why
   */
  fill(rows: number, spared: ReadonlySet<string>): Promise<readonly Unfilled[]>
  state(): Promise<DatabaseState>
  /** Runs a file by the service's own rules. @throws ISOLANE_MIGRATION_FAILED with the line */
  run(file: StepFile): Promise<Effects>
  /** What a program that somebody else runs does to the database. Locks are those that were seen. */
  watch(work: () => Promise<void>): Promise<Effects>
}

export interface Unfilled {
  readonly table: string
  readonly reason: string
}

/** What a migration did besides its purpose. */
export interface Effects {
  readonly milliseconds: number
  /** On tables that were there before: the longest of each mode on each, the strongest first. */
  readonly locks: readonly TableLock[]
  /** Tables that were written anew. */
  readonly rewritten: readonly string[]
}

export interface TableLock {
  readonly table: string
  /** As the server calls it: `AccessExclusiveLock`. */
  readonly mode: string
  readonly blocks: 'reads and writes' | 'writes' | 'nothing'
  /** From the beginning of the statement that took it to the end of its transaction. */
  readonly milliseconds: number
}

/** What a database holds, so that two moments of it, or two databases, can be compared. */
export interface DatabaseState {
  /** What there is besides data, a line for each thing. */
  readonly schema: readonly string[]
  /** Tables, or labels and types, by name. */
  readonly tables: Readonly<Record<string, TableState>>
  /** The same of those in which tools for migrations write down what they have done. */
  readonly bookkeeping: Readonly<Record<string, TableState>>
}

export interface TableState {
  /** Stays the same when the table is renamed. Absent: nothing does. */
  readonly id?: string
  readonly rows: number
  /** What rows are told apart by. Empty: nothing. */
  readonly key: string
  readonly columns: Readonly<Record<string, ColumnState>>
}

export interface ColumnState {
  /** Stays the same when the column is renamed. Absent: nothing does. */
  readonly id?: string
  /** Rows that have a value. */
  readonly filled: number
  /** How many different values there are. */
  readonly distinct: number
  /** A digest of all values, whatever their order. */
  readonly values: string
  /** The same of the values with the keys of their rows. Absent: there is no key. */
  readonly keyed?: string
}
