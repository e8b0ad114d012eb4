import { randomBytes } from 'node:crypto'
import type { Credentials, ResetOptions, ServiceContext } from '../../core/contracts.ts'
import { type Access, setUser } from './access.ts'
import type { Administrator, Command } from './client.ts'
import { closed } from './lease-errors.ts'

/** Whom lanes log in as. */
export interface LaneUsers {
  /** Credentials that work in one DB number. */
  make(name: string, database: number): Promise<Credentials>
  /** What a reset begins with. */
  beforeReset(name: string, database: number, options: ResetOptions): readonly Command[]
  /** Ends the user's connections too. */
  remove(name: string): Promise<void>
  /** No more are made after that. */
  removeAll(): Promise<void>
  /** For `isolane status`. */
  describe(): string
}

export interface OwnUsersParts {
  readonly administrator: Administrator
  readonly access: Access
  readonly context: ServiceContext
  /** What users' names begin with, so that they meet nobody else's. */
  readonly prefix: string
  /** Whether others may restart the server, and users with it: every reset then makes sure of them. */
  readonly mayVanish: boolean
}

/** A user for each lane. */
export class OwnUsers implements LaneUsers {
  readonly #parts: OwnUsersParts
  readonly #passwords = new Map<string, string>()
  #closed = false

  constructor(parts: OwnUsersParts) {
    this.#parts = parts
  }

  async make(name: string, database: number): Promise<Credentials> {
    // Nobody would remove it.
    if (this.#closed) throw closed(this.#parts.context)
    const password = randomBytes(18).toString('base64url')
    this.#passwords.set(name, password)
    await this.#parts.administrator.send(...this.#set(name, database, password))
    return { username: this.#full(name), password }
  }

  beforeReset(name: string, database: number, { connections }: ResetOptions): readonly Command[] {
    const password = this.#passwords.get(name)
    if (password === undefined) return []
    const commands: Command[] = this.#parts.mayVanish ? [this.#set(name, database, password)] : []
    // Ends whatever the holder left behind: blocked reads, half a transaction, subscriptions.
    if (connections === 'close') commands.push(['CLIENT', 'KILL', 'USER', this.#full(name)])
    return commands
  }

  async remove(name: string): Promise<void> {
    this.#passwords.delete(name)
    await this.#parts.administrator.send('ACL', 'DELUSER', this.#full(name))
  }

  async removeAll(): Promise<void> {
    this.#closed = true
    const names = [...this.#passwords.keys()].map((name) => this.#full(name))
    this.#passwords.clear()
    if (names.length > 0) await this.#parts.administrator.send('ACL', 'DELUSER', ...names)
  }

  describe(): string {
    return `${this.#parts.prefix}lane-1, … (one for each lane)`
  }

  #set(name: string, database: number, password: string): Command {
    return setUser(this.#parts.access, this.#full(name), password, database)
  }

  #full(name: string): string {
    return `${this.#parts.prefix}${name}`
  }
}

/** Where no users can be made, all lanes use the credentials that were given. Nothing then keeps a lane in its number. */
export class GivenUser implements LaneUsers {
  readonly #credentials: Credentials

  constructor({ username, password }: Credentials) {
    this.#credentials = { username: username || (password ? 'default' : ''), password }
  }

  async make(): Promise<Credentials> {
    return this.#credentials
  }

  /** Connections of lanes can't be told from those of others. */
  beforeReset(): readonly Command[] {
    return []
  }

  async remove(): Promise<void> {}

  async removeAll(): Promise<void> {}

  describe(): string {
    return `${this.#credentials.username || 'default'} (the one given, for all lanes)`
  }
}
