import type { DatabaseState, StateSummary, Unfilled } from '../../core/contracts.ts'

/** What the program that works on SQLite files is asked, and what it answers: one answer for each request. */
export type Work =
  /** Runs the text of a file of SQL statements on a database. */
  | { readonly work: 'run'; readonly database: string; readonly script: string }
  /** Makes a database equal to another one through SQLite itself, so that whoever has it open sees the change. */
  | { readonly work: 'copy'; readonly from: string; readonly to: string }
  /** Tells what is in a database that nobody else has open. @see StateContents for the file of contents */
  | { readonly work: 'describe'; readonly database: string; readonly contents?: string }
  /** How many bytes a database has, and how many rows. */
  | { readonly work: 'measure'; readonly database: string }
  /** What there is, for migrations to be compared. */
  | { readonly work: 'state'; readonly database: string }
  /** Adds rows until each table has that many. */
  | { readonly work: 'fill'; readonly database: string; readonly rows: number; readonly spared: readonly string[] }

export type Request = Work & { readonly id: number }

export interface Answer {
  readonly id: number
  /** Absent: it worked. */
  readonly failure?: Failure
  readonly description?: Description
  readonly measure?: Measure
  readonly state?: DatabaseState
  readonly unfilled?: readonly Unfilled[]
}

export type Description = Pick<StateSummary, 'counts' | 'digests'> & { readonly schema: string }

export interface Measure {
  readonly bytes: number
  readonly rows: number
}

export interface Failure {
  readonly message: string
  /** The line of the script at which the failing statement begins. */
  readonly line?: number
  /** Somebody else held a lock on the database for as long as we waited. */
  readonly locked?: boolean
}
