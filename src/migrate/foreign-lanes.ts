import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ResolvedConfig } from '../core/config.ts'
import type { ForeignSupport, ServiceContext, StateSummary } from '../core/contracts.ts'
import { IsolaneError } from '../core/errors.ts'
import type { LaneClient } from '../core/lane-client.ts'
import type { RequestName, Requests } from '../core/lane-protocol.ts'
import type { SavedLane } from '../core/lane-states.ts'
import { type Report, silent } from '../core/report.ts'
import { StateFolderWriter, writeFailed } from '../core/state-files.ts'
import { type Source, sourceText } from './source.ts'

/** What the old databases are read with. */
export interface Reading {
  readonly config: ResolvedConfig
  readonly report: Report
  readonly signal: AbortSignal
  /** See `ServiceContext`. */
  readonly programs: NonNullable<ServiceContext['programs']>
}

/** Old databases, such as those of one environment: they answer what a lane server is asked for a snapshot of a lane. */
export class ForeignLanes implements Pick<LaneClient, 'request'> {
  readonly #reading: Reading
  readonly #sources: readonly Source[]

  constructor(reading: Reading, sources: readonly Source[]) {
    this.#reading = reading
    this.#sources = sources
  }

  async request<Name extends RequestName>(
    name: Name,
    body: Requests[Name]['request'],
  ): Promise<Requests[Name]['response']> {
    return (await this.#answer(name, 'folder' in body ? String(body.folder) : '')) as Requests[Name]['response']
  }

  /** What they hold now. */
  async describe(): Promise<Readonly<Record<string, StateSummary>>> {
    const described = await this.#all((support, { url }, context) => support.describe(url, context))
    return Object.fromEntries(described.map(([{ service }, summary]) => [service, summary]))
  }

  /**
   * About how many bytes each of them has, in their order.
   * @param report is told what beside them is left where it is
   * @throws what says why one can't be read
   */
  async sizes(report: Report): Promise<readonly number[]> {
    const sizes = await this.#all((support, { url }, context) => support.size(url, { ...context, report }))
    return sizes.map(([, bytes]) => bytes)
  }

  async #answer(name: RequestName, folder: string): Promise<unknown> {
    if (name === 'stateSize') return { bytes: (await this.sizes(silent)).reduce((sum, bytes) => sum + bytes, 0) }
    if (name === 'saveState') return this.#save(folder)
    // Nobody leases them.
    if (name === 'status') return { pool: { lanes: [] } }
    throw new Error(`nobody asks ${name} of old databases`)
  }

  /** Writes each database below a folder of its service. */
  async #save(folder: string): Promise<SavedLane> {
    const saved = await this.#all(async (support, source, context) => {
      const own = join(folder, source.service)
      await mkdir(own, { mode: 0o700 })
      const writer = new StateFolderWriter(own)
      const state = await support.save(source.url, writer, context).catch((error) => {
        throw writeFailed(error, folder)
      })
      return { kind: source.kind, template: '', state, files: writer.files }
    })
    return Object.fromEntries(saved.map(([{ service }, part]) => [service, part]))
  }

  async #all<Result>(
    work: (support: ForeignSupport, source: Source, context: ServiceContext) => Promise<Result>,
  ): Promise<readonly (readonly [source: Source, result: Result])[]> {
    const { config, ...means } = this.#reading
    return Promise.all(
      this.#sources.map(async (source) => {
        const support = config.services[source.service]?.service.environments?.foreign
        if (!support) throw unsupported(source)
        const context = { name: source.service, root: config.root, maximumLanes: 1, ...means }
        return [source, await work(support, source, context)] as const
      }),
    )
  }
}

function unsupported(source: Source): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_MIGRATE_FAILED',
    message: `${sourceText(source)} can't be taken over: services of the kind ${source.kind} have no way to`,
    remedy: 'leave it out, and copy its data by its own tools',
  })
}
