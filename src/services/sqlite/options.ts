import * as v from 'valibot'
import type { LaneEndpoint } from '../../core/contracts.ts'
import { stepSchema, validateOptions } from '../../core/options.ts'
import type { Step } from '../../core/template-steps.ts'

/** Where a lane's database is. `url` is `file:` and the file's absolute path, as in a URL. */
export type SqliteLane = LaneEndpoint & {
  /** Absolute path of the database's file. */
  readonly file: string
}

export interface SqliteOptions {
  /**
   * What makes the schema: a SQL file, a folder of them, a function or a command. Runs before `seed`. Files run with
   * foreign keys enforced, as Node opens databases; `PRAGMA foreign_keys = OFF` in a file holds to its end.
   */
  readonly migrations?: Step<SqliteLane>
  /** What every lane begins with and every reset restores. */
  readonly seed?: Step<SqliteLane>
}

const schema = v.strictObject({
  migrations: v.optional(stepSchema<Step<SqliteLane>>()),
  seed: v.optional(stepSchema<Step<SqliteLane>>()),
})

/** @throws ISOLANE_OPTION_INVALID */
export function checkOptions(options: unknown): SqliteOptions {
  return validateOptions('sqlite', schema, options) as SqliteOptions
}
