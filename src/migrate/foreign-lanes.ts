import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ResolvedConfig } from '../core/config.ts'
import type { ForeignSupport, ServiceContext, StateSummary } from '../core/contracts.ts'
import { IsolaneError } from '../core/errors.ts'
import type { LaneClient } from '../core/lane-client.ts'
import type { RequestName, Requests } from '../core/lane-protocol.ts'
import type { SavedLane } from '../core/lane-states.ts'
import type { Report } from '../core/report.ts'
import { StateFolderWriter, writeFailed } from '../core/state-files.ts'
import { type Source, sourceText } from './source.ts'

/** The old databases of one environment: they answer what a lane server is asked for a snapshot of a lane. */
export class ForeignLanes implements Pick<LaneClient, 'request'> {
  readonly #config: ResolvedConfig
  readonly #sources: readonly Source[]
  readonly #report: Report
  readonly #signal: AbortSignal

  constructor(config: ResolvedConfig, sources: readonly Source[], report: Report, signal: AbortSignal) {
    this.#config = config
    this.#sources = sources
    this.#report = report
    this.#signal = signal
  }

  async request<Name extends RequestName>(
    name: Name,
    body: Requests[Name]['request'],
  ): Promise<Requests[Name]['response']> {
    return (await this.#answer(name, 'folder' in body ? String(body.folder) : '')) as Requests[Name]['response']
  }

  /** What they hold now. */
  async describe(): Promise<Readonly<Record<string, StateSummary>>> {
    return Object.fromEntries(await this.#all((support, { url }, context) => support.describe(url, context)))
  }

  async #answer(name: RequestName, folder: string): Promise<unknown> {
    if (name === 'stateSize') return { bytes: await this.#size() }
    if (name === 'saveState') return this.#save(folder)
    // Nobody leases them.
    if (name === 'status') return { pool: { lanes: [] } }
    throw new Error(`nobody asks ${name} of old databases`)
  }

  async #size(): Promise<number> {
    const sizes = await this.#all((support, { url }, context) => support.size(url, context))
    return sizes.reduce((sum, [, bytes]) => sum + bytes, 0)
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
    return Object.fromEntries(saved)
  }

  async #all<Result>(
    work: (support: ForeignSupport, source: Source, context: ServiceContext) => Promise<Result>,
  ): Promise<readonly (readonly [service: string, result: Result])[]> {
    return Promise.all(
      this.#sources.map(async (source) => {
        const support = this.#config.services[source.service]?.service.environments?.foreign
        if (!support) throw unsupported(source)
        const { root } = this.#config
        const context = { name: source.service, root, maximumLanes: 1, report: this.#report, signal: this.#signal }
        return [source.service, await work(support, source, context)] as const
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
