import type {
  LaneId,
  LaneMark,
  LoadedState,
  SavedStart,
  SnapshotSupport,
  StateReader,
  StateSummary,
  StateWriter,
  Template,
} from '../../../core/contracts.ts'
import type { ErrorCode } from '../../../core/errors.ts'
import { contentsFile } from '../../../core/state-contents.ts'
import { damaged } from '../../../core/state-files.ts'
import type { HostEnvironments } from '../environments/session.ts'
import { graphFile, graphFormat } from '../foreign/graph-lines.ts'
import { type GraphContents, type HostClient, HostError } from '../host-client.ts'
import { hostFailure } from '../host-failure.ts'
import type { HostParts, HostTemplate } from '../host-template.ts'
import { is44 } from '../options.ts'
import { beginWith } from './begin.ts'
import { checkSame, lineOf, refused, refuseUnfit } from './fitting.ts'
import { hasRecord, noteRecord, recordFile, withRecord } from './saved-record.ts'
import { storeFile, storeFormat, storeOf } from './saved-store.ts'
import { linesOf, schemaFile, schemaLine } from './schema-lines.ts'
import { readState, writeGraph, writeState } from './state-stream.ts'
import { storeFrames } from './store-frames.ts'

/**
 * States of lanes on the host program. Their databases are stopped for as long as it takes to copy or exchange files:
 * transactions that are open then are ended, connections stay.
 */
export class HostSnapshots implements SnapshotSupport {
  readonly #parts: HostParts
  readonly #template: HostTemplate
  readonly #environments: HostEnvironments | undefined

  constructor(parts: HostParts, template: HostTemplate, environments?: HostEnvironments) {
    this.#parts = parts
    this.#template = template
    this.#environments = environments
  }

  async prepareFrom({ fingerprint }: Template, start: SavedStart): Promise<void> {
    if (!this.#template.is(fingerprint)) await beginWith(this.#parts, this.#template, fingerprint, start)
  }

  async size(lane: LaneId): Promise<number> {
    return this.#saving(lane, async (host) => (await host.ask('lane.size', { lane: lane.name })).bytes)
  }

  async save(lane: LaneId, files: StateWriter): Promise<StateSummary> {
    return this.#saving(lane, async (host) => {
      const { state, contents, record } = await host.ask('state.take', { lane: lane.name, look: true })
      try {
        const store = readState(this.#parts.instance, state, 'store')
        await files.write(
          storeFile,
          storeFrames(store, (why) => new Error(`the copy of the store is not whole: ${why}`)),
        )
        await files.write(contentsFile, readState(this.#parts.instance, state, 'contents'))
        await files.write(
          schemaFile,
          contents.schemaLines.map((made) => Buffer.from(`${schemaLine(made)}\n`)),
        )
        if (record !== undefined) await files.write(recordFile, [Buffer.from(record)])
      } finally {
        await this.#drop(state)
      }
      return this.#summary(lane, contents)
    })
  }

  async describe(lane: LaneId): Promise<StateSummary> {
    return this.#saving(lane, async (host) => this.#summary(lane, await host.ask('lane.look', { lane: lane.name })))
  }

  async load(lane: LaneId, files: StateReader, saved: StateSummary): Promise<LoadedState> {
    const state = await this.#bringIn(lane, files, saved)
    try {
      const found = await this.#look(lane, state, saved)
      // Of a graph, constraints and indexes have been made, or it had failed.
      checkSame(found, saved.format === graphFormat ? { ...saved, schema: found.schema } : saved)
      if (hasRecord(saved)) await this.#restoring(lane, (host) => noteRecord(host, state, files))
    } catch (error) {
      await this.#drop(state)
      throw error
    }
    return this.#loaded(lane, state)
  }

  /** @returns the state that the host program has now */
  async #bringIn(lane: LaneId, files: StateReader, saved: StateSummary): Promise<string> {
    const { status, instance } = this.#parts
    if (saved.format === graphFormat) {
      if (is44(status.version)) throw refused('Neo4j 4.4 takes no graphs of other servers', "set `version: '5.26'`")
      return this.#restoring(lane, () => writeGraph(instance, lane.name, files.read(graphFile)))
    }
    refuseUnfit(saved, storeFormat, status.version)
    // Not needed here; but what is damaged anywhere is not to be trusted.
    await linesOf(files)
    return this.#restoring(lane, () => writeState(instance, lane.name, storeOf(files)))
  }

  async mark(lane: LaneId): Promise<LaneMark> {
    const { state } = await this.#saving(lane, (host) => host.ask('state.take', { lane: lane.name, look: false }))
    return {
      restore: async () => this.#drop(await this.#use(lane, state)),
      [Symbol.asyncDispose]: () => this.#drop(state),
    }
  }

  #loaded(lane: LaneId, state: string): LoadedState {
    let before: string | undefined
    let lost: unknown
    return {
      swap: async () => {
        before = await this.#use(lane, state).catch((error: unknown) => {
          if (isStateLost(error)) lost = error
          throw error
        })
      },
      // A swap that fails leaves the lane as it was, or tells that it could not.
      swapBack: async () => {
        if (lost) throw lost
        if (before !== undefined) await this.#drop(await this.#use(lane, before))
      },
      [Symbol.asyncDispose]: async () => {
        await this.#drop(state)
        if (before !== undefined) await this.#drop(before)
      },
    }
  }

  /** What is in a state that came from elsewhere. Neo4j upgrades it where it has to and can. */
  async #look(lane: LaneId, state: string, saved: StateSummary): Promise<GraphContents> {
    try {
      return await this.#restoring(lane, (host) => host.ask('state.look', { state }))
    } catch (error) {
      const { version } = this.#parts.status
      if (lineOf(saved.version) === lineOf(version)) throw error
      throw refused(
        `Neo4j ${version} does not open the store of the snapshot, which is of ${saved.version}`,
        `set \`version: '${lineOf(saved.version)}'\` for neo4j; the cause below says what it wants`,
        error,
      )
    }
  }

  /** @returns the state that the lane had */
  async #use(lane: LaneId, state: string): Promise<string> {
    const { before } = await this.#restoring(lane, (host) => host.ask('state.use', { lane: lane.name, state }))
    return before
  }

  /** It is gone with the lane in any case. */
  async #drop(state: string): Promise<void> {
    await this.#parts.host.ask('state.drop', { state }).catch(() => {})
  }

  #saving<Result>({ name }: LaneId, work: (host: HostClient) => Promise<Result>): Promise<Result> {
    return this.#asked(work, 'ISOLANE_SNAPSHOT_FAILED', `The Neo4j of ${name} could not be saved`)
  }

  #restoring<Result>({ name }: LaneId, work: (host: HostClient) => Promise<Result>): Promise<Result> {
    return this.#asked(work, 'ISOLANE_RESTORE_FAILED', `The Neo4j of ${name} could not be restored`)
  }

  async #asked<Result>(work: (host: HostClient) => Promise<Result>, code: ErrorCode, message: string): Promise<Result> {
    const { host, context } = this.#parts
    try {
      return await work(host)
    } catch (error) {
      if (error instanceof HostError && error.code === 'DAMAGED')
        throw damaged("the snapshot's Neo4j store", error.message)
      throw hostFailure(error, context.name, code, message)
    }
  }

  #summary(lane: LaneId, { schema, counts, digests }: GraphContents): StateSummary {
    const { version, database } = this.#parts.status
    const own = this.#environments?.endpoint(lane)?.database
    const details = { edition: 'community', database: own ?? database, ...(own === undefined ? {} : withRecord) }
    return { format: storeFormat, version, details, schema, counts, digests }
  }
}

/** What the lane had is gone: it must be made anew. */
function isStateLost(error: unknown): boolean {
  const { cause } = (error ?? {}) as { readonly cause?: unknown }
  return cause instanceof HostError && cause.code === 'STATE_LOST'
}
