/** The schema that tables are made in. */
export const targetSchema = 'public'

/** PostgreSQL cuts off longer names, in bytes. */
export const longestName = 63

/** A statement that the table can do without, where the server does not take it. */
export interface Attempt {
  /** For people: `the index by_name`. */
  readonly what: string
  readonly sql: string
  /** Tried where the server does not take the first. */
  readonly instead?: string
  /** What is told where the other one was taken. */
  readonly insteadWarning?: string
}
