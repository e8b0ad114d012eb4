import type { LoadedState } from '../../../core/contracts.ts'
import type { Databases } from '../databases.ts'
import { exchangeDatabases } from '../exchange.ts'
import type { LaneConnection } from '../lane-connection.ts'
import type { TemplateBuilder } from '../template.ts'

/** A database beside a lane's, which takes its name. */
export class LoadedDatabase implements LoadedState {
  readonly #databases: Databases
  readonly #lane: LaneConnection
  readonly #loaded: string
  readonly #kept: string

  constructor({ databases, server }: TemplateBuilder, lane: LaneConnection, loaded: string) {
    this.#databases = databases
    this.#lane = lane
    this.#loaded = loaded
    this.#kept = server.names.side()
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
    await exchangeDatabases(this.#databases, database, { comes, goes })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#databases.discard(this.#loaded)
    } finally {
      await this.#databases.discard(this.#kept)
    }
  }
}
