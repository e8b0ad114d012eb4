/** A service of one's own: what docs/adding-a-service.md explains, and the contract suite proves. */
import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import {
  defineService,
  type Instance,
  IsolaneError,
  type LaneEndpoint,
  type LaneId,
  nowhereHost,
  type Service,
  type ServiceSession,
  type SnapshotSupport,
  type StateSummary,
} from 'isolane'

export interface NotesOptions {
  /** The notes that every lane begins with. */
  readonly seed?: readonly string[]
}

export interface NotesLane extends LaneEndpoint {
  readonly password: string
}

const notesService: Service<NotesOptions, NotesLane> = {
  kind: 'notes',
  nowhere: { url: `http://${nowhereHost}`, version: '', password: 'none' },
  env: (lane) => ({ NOTES_URL: lane.url, NOTES_PASSWORD: lane.password }),

  spec: (_options, { name, credentials }) => ({
    service: name,
    kind: 'notes',
    credentials,
    ports: { http: 0 },
    native: {
      engine: {
        name: 'node',
        version: process.versions.node.split('.')[0] ?? '',
        find: {
          programs: ['node'],
          versionArguments: ['--version'],
          versionPattern: 'v(\\d+\\.\\d+\\.\\d+)',
          folders: [],
        },
        packages: [],
      },
      serve: {
        program: 'node',
        arguments: [join(import.meta.dirname, 'server.ts')],
        // Never in the arguments: those show in every process list.
        environment: { NOTES_PORT: '{port.http}', NOTES_PASSWORD: '{password}' },
      },
      ready: { line: 'notes are open' },
      stopSignal: 'SIGTERM',
      refusesRoot: false,
    },
  }),

  template: async ({ seed = [] }) => ({
    fingerprint: createHash('sha256').update(JSON.stringify(seed)).digest('hex'),
    cacheable: true,
  }),

  open: async (instance, { seed = [] }) => new NotesSession(instance, seed),
}

class NotesSession implements ServiceSession<NotesLane> {
  readonly version = process.versions.node
  readonly #instance: Instance
  readonly #seed: readonly string[]

  constructor(instance: Instance, seed: readonly string[]) {
    this.#instance = instance
    this.#seed = seed
  }

  async prepare(): Promise<void> {
    // The seed is small enough to be written into each lane; a database would build the template that lanes copy here.
  }

  async createLane(lane: LaneId): Promise<NotesLane> {
    // The lane's own password: the administrator's is nobody else's business.
    const password = randomBytes(18).toString('base64url')
    await this.#ask('PUT', lane, { password, notes: this.#seed })
    return { url: this.#url(lane), version: this.version, password }
  }

  async resetLane(lane: LaneId): Promise<void> {
    await this.#ask('PATCH', lane, this.#seed)
  }

  async dropLane(lane: LaneId): Promise<void> {
    await this.#ask('DELETE', lane)
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** Leave this out, and lanes of the service can't be saved: the rest of a stack still can. */
  readonly snapshots: SnapshotSupport = {
    size: async (lane) => 1_000 + JSON.stringify(await this.#notes(lane)).length,
    save: async (lane, files) => {
      const notes = await this.#notes(lane)
      await files.write('notes', [Buffer.from(JSON.stringify(notes))])
      return this.#summary(notes)
    },
    describe: async (lane) => this.#summary(await this.#notes(lane)),
    load: async (lane, files, saved) => {
      const text = Buffer.concat(await Array.fromAsync(files.read('notes'))).toString()
      const loaded = JSON.parse(text) as string[]
      if (loaded.length !== saved.counts.notes) throw new Error(`there are ${loaded.length} notes in it`)
      let before: string[] | undefined
      return {
        swap: async () => {
          before = await this.#notes(lane)
          await this.#ask('PATCH', lane, loaded)
        },
        swapBack: async () => {
          if (before) await this.#ask('PATCH', lane, before)
        },
        // Nothing lies beside the lane. A database would drop the scratch one here, or the lane's former one.
        [Symbol.asyncDispose]: async () => {},
      }
    },
    mark: async (lane) => {
      const notes = await this.#notes(lane)
      return {
        restore: async () => void (await this.#ask('PATCH', lane, notes)),
        [Symbol.asyncDispose]: async () => {},
      }
    },
  }

  #notes(lane: LaneId): Promise<string[]> {
    return this.#ask('GET', lane) as Promise<string[]>
  }

  #summary(notes: readonly string[]): StateSummary {
    const digest = createHash('sha256').update(JSON.stringify(notes.toSorted())).digest('hex')
    const [counts, digests] = [{ notes: notes.length }, { notes: digest }]
    return { format: 'notes', version: this.version, details: {}, counts, digests }
  }

  #url(lane: LaneId): string {
    const { host, ports } = this.#instance.endpoint
    return `http://${host}:${ports.http}/${lane.name}`
  }

  async #ask(method: string, lane: LaneId, body?: unknown): Promise<unknown> {
    const { password } = this.#instance.endpoint.credentials
    const response = await fetch(this.#url(lane), {
      method,
      headers: { authorization: `Bearer ${password}` },
      ...(method === 'GET' ? {} : { body: JSON.stringify(body ?? null) }),
    })
    if (response.ok) return response.json()
    throw new IsolaneError({
      code: 'ISOLANE_LANE_FAILED',
      message: `The notes server answered ${response.status} to ${method} ${lane.name}`,
      remedy: 'its log says more',
    })
  }
}

/** For a config: `services: { notes: notes({ seed: ['buy milk'] }) }`. */
export const notes = defineService(notesService, checkOptions)

/** What it throws is shown to whoever wrote the config. A schema's `parse` does as well. */
function checkOptions(options: unknown): NotesOptions {
  const { seed = [], ...others } = options as NotesOptions
  if (!Array.isArray(seed)) throw new Error('`seed` is a list of notes')
  const [stranger] = Object.keys(others)
  if (stranger !== undefined) throw new Error(`there is no option \`${stranger}\``)
  return { seed }
}
