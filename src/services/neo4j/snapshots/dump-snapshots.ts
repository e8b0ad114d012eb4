import type {
  Instance,
  LaneId,
  LaneMark,
  LoadedState,
  SnapshotSupport,
  StateReader,
  StateSummary,
  StateWriter,
} from '../../../core/contracts.ts'
import { type ErrorCode, IsolaneError } from '../../../core/errors.ts'
import type { Bolt } from '../bolt/client.ts'
import { boltFailure } from '../bolt/failure.ts'
import { endTransactions } from '../bolt/transactions.ts'
import { readGraph } from '../graph/copy.ts'
import { restore } from '../graph/restore.ts'
import { type BoltContents, readContents } from './bolt-contents.ts'
import { checkSame, refuseUnfit } from './fitting.ts'
import { dumpOf, loadDump } from './neo4j-admin.ts'

const format = 'neo4j-dump'
const dumpFile = 'dump'

/** What a state's files need at most, above what is always there: about what a store has for each. */
const [emptyBytes, nodeBytes, relationshipBytes] = [1_000_000, 300, 200]

/** The databases of a session's lanes, and more that it makes beside them. */
export interface LaneDatabases {
  /** Nothing else is done to the lane's database meanwhile. */
  alone<Result>(lane: LaneId, work: (database: string) => Promise<Result>): Promise<Result>
  create(purpose: string): Promise<string>
  drop(database: string): Promise<void>
  stop(database: string): Promise<void>
  /** Resolves when it answers. */
  start(database: string): Promise<void>
}

interface Parts {
  readonly bolt: Bolt
  readonly instance: Instance
  readonly version: string
  readonly databases: LaneDatabases
}

/**
 * States of lanes in a server of ours with many databases: Neo4j's own dump of the stopped database. Names can't be given
 * to another database, so what a lane had is copied aside before it gets something else.
 */
export class DumpSnapshots implements SnapshotSupport {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  size(lane: LaneId): Promise<number> {
    return this.#alone(lane, saving, async (database) => {
      const count = async (pattern: string) => {
        const [row] = await this.#parts.bolt.rows<{ count: unknown }>(
          database,
          `MATCH ${pattern} RETURN count(*) AS count`,
        )
        return Number(row?.count)
      }
      return emptyBytes + nodeBytes * (await count('(n)')) + relationshipBytes * (await count('()-[r]->()'))
    })
  }

  save(lane: LaneId, files: StateWriter): Promise<StateSummary> {
    const { bolt, instance } = this.#parts
    return this.#alone(lane, saving, async (database) => {
      await endTransactions(bolt, database)
      const before = await this.#summary(database, await readContents(bolt, database))
      await this.#whileStopped(database, () => files.write(dumpFile, dumpOf(instance, database)))
      const after = await readContents(bolt, database)
      const summary = await this.#summary(database, after)
      // Nobody can be kept from writing in the moment before it is stopped.
      if (JSON.stringify(summary) !== JSON.stringify(before)) throw busy(lane)
      await after.contents.write(files)
      return summary
    })
  }

  describe(lane: LaneId): Promise<StateSummary> {
    const { bolt } = this.#parts
    return this.#alone(lane, saving, async (database) => this.#summary(database, await readContents(bolt, database)))
  }

  async load(lane: LaneId, files: StateReader, saved: StateSummary): Promise<LoadedState> {
    const { bolt, instance, databases, version } = this.#parts
    refuseUnfit(saved, format, version)
    const scratch = await databases.create('restored')
    try {
      await this.#asked(lane, restoring, async () => {
        await this.#whileStopped(scratch, () => loadDump(instance, scratch, files.read(dumpFile)))
        checkSame(await this.#summary(scratch, await readContents(bolt, scratch)), saved)
      })
    } catch (error) {
      await this.#drop(scratch)
      throw error
    }
    return this.#loaded(lane, scratch)
  }

  /** A copy in memory, as the template is one: ids are others after it is restored. */
  async mark(lane: LaneId): Promise<LaneMark> {
    const { bolt } = this.#parts
    const copy = await this.#alone(lane, saving, (database) => readGraph(bolt, database))
    return {
      restore: () =>
        this.#alone(lane, restoring, async (database) => {
          await endTransactions(bolt, database)
          await restore(bolt, database, copy)
        }),
      [Symbol.asyncDispose]: async () => {},
    }
  }

  #loaded(lane: LaneId, scratch: string): LoadedState {
    const { databases } = this.#parts
    let aside: string | undefined
    let kept = false
    return {
      swap: () =>
        this.#alone(lane, restoring, async (database) => {
          const before = await databases.create('before')
          aside = before
          await databases.stop(before)
          await databases.stop(scratch)
          await this.#whileStopped(database, async () => {
            await this.#copy(database, before)
            kept = true
            await this.#copy(scratch, database)
          })
        }),
      swapBack: () =>
        this.#alone(lane, restoring, async (database) => {
          const before = aside
          if (before && kept) await this.#whileStopped(database, () => this.#copy(before, database))
        }),
      [Symbol.asyncDispose]: async () => {
        await this.#drop(scratch)
        if (aside) await this.#drop(aside)
      },
    }
  }

  /** Both are stopped. */
  async #copy(from: string, to: string): Promise<void> {
    const { instance } = this.#parts
    await loadDump(instance, to, dumpOf(instance, from))
  }

  async #whileStopped(database: string, work: () => Promise<void>): Promise<void> {
    const { databases } = this.#parts
    try {
      await databases.stop(database)
      await work()
    } finally {
      await databases.start(database)
    }
  }

  /** It is on record as ours: what can't be dropped now is dropped when the session ends. */
  async #drop(database: string): Promise<void> {
    await this.#parts.databases.drop(database).catch(() => {})
  }

  async #summary(database: string, { contents, schema }: BoltContents): Promise<StateSummary> {
    const { bolt, version } = this.#parts
    const [row] = await bolt.rows<{ edition: string }>('system', 'CALL dbms.components() YIELD edition RETURN edition')
    return { format, version, details: { edition: row?.edition ?? '', database }, schema, ...contents.summary() }
  }

  #alone<Result>(lane: LaneId, what: Purpose, work: (database: string) => Promise<Result>): Promise<Result> {
    return this.#asked(lane, what, () => this.#parts.databases.alone(lane, work))
  }

  async #asked<Result>({ name }: LaneId, [code, how]: Purpose, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      throw boltFailure(error, this.#parts.bolt, code, `The database of ${name} could not be ${how}`)
    }
  }
}

type Purpose = readonly [code: ErrorCode, how: string]

const saving: Purpose = ['ISOLANE_SNAPSHOT_FAILED', 'saved']
const restoring: Purpose = ['ISOLANE_RESTORE_FAILED', 'restored']

function busy({ name }: LaneId): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_FAILED',
    message: `The database of ${name} was written to while it was saved`,
    remedy: 'save it when nothing writes any more; the lane is as it was',
  })
}
