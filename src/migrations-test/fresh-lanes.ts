import type { DatabaseState } from '../core/contracts.ts'
import { errorFinding } from './error-finding.ts'
import type { Migration } from './migrations.ts'
import type { Finding, MigrationResult } from './report.ts'
import { schemaChanges, shown } from './schema-changes.ts'
import type { TrialLane } from './trial-lane.ts'

export type Repeated = Pick<MigrationResult, 'repeatable' | 'findings'>

/** Two databases that began empty, and got the migrations alone. */
export class FreshLanes {
  readonly #lanes: readonly TrialLane[]
  /** Differences that earlier migrations have made. */
  #known: ReadonlySet<string> = new Set()
  #given = true

  constructor(lanes: readonly TrialLane[]) {
    this.#lanes = lanes
  }

  /** One that all migrations have run on, as long as they did. */
  get whole(): TrialLane | undefined {
    return this.#given ? this.#lanes[0] : undefined
  }

  /** @returns why it does not work there */
  async run(migration: Migration): Promise<Finding | undefined> {
    if (!this.#given) return undefined
    for (const [index, lane] of this.#lanes.entries()) {
      try {
        await migration.up(lane)
      } catch (error) {
        this.#given = false
        return errorFinding('repeat', index === 0 ? 'fails on an empty database' : 'works only once on a server', error)
      }
    }
    return undefined
  }

  /** Runs it, and compares what comes of it with what came of it where there is data. */
  async compare(migration: Migration, grown: DatabaseState): Promise<Repeated> {
    if (!this.#given) return { repeatable: 'unknown', findings: [] }
    const failure = await this.run(migration)
    if (failure) return { repeatable: 'no', findings: [failure] }
    const [once, again] = await Promise.all(this.#lanes.map((lane) => lane.session.state()))
    if (!once || !again) return { repeatable: 'unknown', findings: [] }
    const differing = [...schemaChanges(once.schema, again.schema), ...rowChanges(once, again)]
    const onData = schemaChanges(once.schema, grown.schema)
    const known = this.#known
    const news = (changes: readonly string[]) => changes.filter((change) => !known.has(change))
    this.#known = new Set([...differing, ...onData])
    if (news(differing).length > 0) return otherwise('is not the same a second time', news(differing))
    if (news(onData).length > 0)
      return otherwise('gives another schema on data than on an empty database', news(onData))
    return { repeatable: 'yes', findings: [] }
  }
}

function otherwise(text: string, changes: readonly string[]): Repeated {
  return { repeatable: 'no', findings: [{ kind: 'repeat', text, details: shown(changes) }] }
}

/** Values such as the time of day may differ. */
function rowChanges(once: DatabaseState, again: DatabaseState): string[] {
  return Object.entries(once.tables).flatMap(([name, { rows }]) => {
    const others = again.tables[name]?.rows
    return others === undefined || others === rows ? [] : [`~ rows of ${name}: ${others}, not ${rows}`]
  })
}
