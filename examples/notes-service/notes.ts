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

  #url(lane: LaneId): string {
    const { host, ports } = this.#instance.endpoint
    return `http://${host}:${ports.http}/${lane.name}`
  }

  async #ask(method: string, lane: LaneId, body?: unknown): Promise<void> {
    const { password } = this.#instance.endpoint.credentials
    const response = await fetch(this.#url(lane), {
      method,
      headers: { authorization: `Bearer ${password}` },
      body: JSON.stringify(body ?? null),
    })
    if (response.ok) return
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
