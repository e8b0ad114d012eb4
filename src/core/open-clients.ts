import { IsolaneError } from './errors.ts'

/** A client that was made for a test. That it is gone already is no failure of `suspend`, `resume` and `close`. */
export interface OpenClient {
  /** It ends with the test that asked for it, rather than with the test file. */
  readonly perTest?: true
  /** Gives way to a reset of its service, and goes on afterwards. */
  suspend?(): Promise<void>
  resume?(): Promise<void>
  /** Whether it has written what nobody else sees, and `suspend` undoes. */
  holdsBack?(): Promise<boolean>
  close(): Promise<void>
}

/** The clients that are open in a lane, each of one service. */
export class OpenClients {
  readonly #services = new Map<OpenClient, string>()

  add(service: string, client: OpenClient): void {
    this.#services.set(client, service)
  }

  /** Closes those that end with their test. */
  endTest(): Promise<void> {
    return this.#close([...this.#services.keys()].filter(({ perTest }) => perTest))
  }

  close(): Promise<void> {
    return this.#close([...this.#services.keys()])
  }

  /** @throws ISOLANE_SNAPSHOT_REFUSED when a client has written what a snapshot of the lane would be without */
  async checkCommitted(): Promise<void> {
    const heldBack = await Promise.all([...this.#services.keys()].map((client) => client.holdsBack?.()))
    if (heldBack.includes(true)) throw notCommitted()
  }

  /** Does what clients must not be in the way of: those of one service, or all. */
  async suspended(service: string | undefined, work: () => Promise<void>): Promise<void> {
    const clients = [...this.#services].flatMap(([client, own]) => ((service ?? own) === own ? [client] : []))
    await Promise.all(clients.map((client) => client.suspend?.()))
    try {
      await work()
    } finally {
      await Promise.all(clients.map((client) => client.resume?.()))
    }
  }

  /** All of them, whatever becomes of one; then the first failure is thrown. */
  async #close(clients: readonly OpenClient[]): Promise<void> {
    for (const client of clients) this.#services.delete(client)
    const outcomes = await Promise.allSettled(clients.map((client) => client.close()))
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed) throw failed.reason
  }
}

function notCommitted(): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_REFUSED',
    message: 'A client with `rollback` has written what is never committed, so a snapshot would be without it',
    remedy: 'take the snapshot before, or write through a client without `rollback`',
  })
}
