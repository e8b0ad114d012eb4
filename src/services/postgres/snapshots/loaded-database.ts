import type { LoadedState } from '../../../core/contracts.ts'
import { type Databases, whileInUse } from '../databases.ts'
import type { LaneConnection } from '../lane-connection.ts'
import type { TemplateBuilder } from '../template.ts'

/** A database beside a lane's, which takes its name. */
export class LoadedDatabase implements LoadedState {
  readonly #databases: Databases
  readonly #lane: LaneConnection
  readonly #loaded: string
  readonly #kept: string
  readonly #fingerprint: string

  constructor({ databases, server }: TemplateBuilder, lane: LaneConnection, loaded: string, fingerprint: string) {
    this.#databases = databases
    this.#lane = lane
    this.#loaded = loaded
    this.#kept = server.names.side()
    this.#fingerprint = fingerprint
  }

  async swap(): Promise<void> {
    await this.#exchange(this.#loaded, this.#kept)
  }

  async swapBack(): Promise<void> {
    // Nobody could connect to what was to be put aside, from the first step of a swap on.
    if ((await this.#databases.marker(this.#kept)) === undefined) await this.#databases.admit(this.#lane.database, true)
    else await this.#exchange(this.#kept, this.#loaded)
  }

  /** Both get their new names at once. */
  async #exchange(comes: string, goes: string): Promise<void> {
    const { database } = this.#lane
    await this.#lane.close()
    await this.#databases.suspend(database)
    await whileInUse(async () => {
      await this.#databases.cutOff(database)
      await this.#databases.cutOff(comes)
      await this.#databases.exchange(database, {
        comes,
        goes,
        marker: { isolane: 'lane', fingerprint: this.#fingerprint },
      })
    })
    await this.#databases.admit(database, true)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#databases.discard(this.#loaded)
    } finally {
      await this.#databases.discard(this.#kept)
    }
  }
}
