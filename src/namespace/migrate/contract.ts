/**
 * What `isolane namespace migrate` asks of one kind of database: bring existing data under a namespace, or take it out
 * again. Each has a function that connects and returns a `NamespaceMigration`: `redisMigration` (./redis.ts),
 * `neo4jMigration` (../neo4j/migrate.ts).
 *
 * Nothing is written down about how far it came: what is done must show in the data itself (a key has the prefix, a node
 * has the label), so that a run that was killed is simply run again, and two at once do no harm.
 */
export interface NamespaceMigration extends AsyncDisposable {
  /** What and where, for the report's first line: "Redis database 0 at 127.0.0.1:6379". Without a password. */
  readonly target: string
  /** What is counted: "keys", "nodes". */
  readonly unit: string
  /** Counts what `run` would do, and changes nothing. */
  plan(options: NamespaceMigrationOptions): Promise<NamespacePlan>
  /** Does it in batches, and reports after each one. What was done stays done, whatever happens afterwards. */
  run(options: NamespaceMigrationOptions): Promise<NamespaceOutcome>
}

export interface NamespaceMigrationOptions {
  /** True: takes data out of the namespace. */
  readonly undo: boolean
  /** How many keys or nodes are changed at a time. */
  readonly batch: number
  /** Ends the run between two batches. */
  readonly signal: AbortSignal
  /** Called after each batch with how many were changed so far. */
  readonly progress: (changed: number) => void
}

export interface NamespaceCounts {
  /** What already is as it should be. */
  readonly done: number
  /** What can't be changed: both the old and the new name are taken. Named in `collisions`. */
  readonly collided: number
  /** The first few (at most 10) in words, ready to print: "user:1: dev:user:1 exists too". */
  readonly collisions: readonly string[]
  /** What is of another namespace, and stays there. */
  readonly elsewhere: number
  /** The first few (at most 10) kinds of these in words, ready to print: "7 of staging:". */
  readonly elsewhereOf: readonly string[]
}

export interface NamespacePlan extends NamespaceCounts {
  readonly toChange: number
  /** The first few (at most 10) of those to change, in words, ready to print: "user:1 → dev:user:1". */
  readonly examples: readonly string[]
}

export interface NamespaceOutcome extends NamespaceCounts {
  readonly changed: number
}
