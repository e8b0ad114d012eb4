import { createHmac } from 'node:crypto'
import type { Credentials, EnvironmentId } from '../../../core/contracts.ts'
import { type Access, setUser } from '../access.ts'
import type { Administrator } from '../client.ts'
import type { Notes } from './notes.ts'

export interface UsersParts {
  readonly administrator: Administrator
  readonly access: Access
  readonly notes: Notes
  /** The server's own, which stay the same as long as its data: passwords are made of them. */
  readonly credentials: Credentials
}

/** A user for each environment. The server forgets them when it ends, so they are made whenever one is opened. */
export class EnvironmentUsers {
  readonly #parts: UsersParts

  constructor(parts: UsersParts) {
    this.#parts = parts
  }

  /** @param rotations how often the password was changed */
  async make(environment: EnvironmentId, rotations: number): Promise<Credentials> {
    const { administrator, access, notes, credentials } = this.#parts
    const { name, label, index } = environment
    const password = environment.password ?? derived(credentials.password, name, rotations)
    // First the note: whoever changes a password and ends here has changed it by the next start.
    await notes.login(environment, label, rotations)
    await administrator.send(...setUser(access, label, password, index))
    return { username: label, password }
  }

  /** Ends a user's connections. */
  async cutOff({ label }: EnvironmentId): Promise<void> {
    await this.#parts.administrator.send('CLIENT', 'KILL', 'USER', label)
  }

  /** Environments that are no longer there, or are called otherwise now, have users no more. */
  async removeOthers(environments: readonly EnvironmentId[]): Promise<void> {
    const { administrator, notes } = this.#parts
    const wanted = new Set(environments.map(({ label }) => label))
    const noted = (await notes.all()).map(({ user }) => user)
    const others = noted.filter((user) => user !== '' && !wanted.has(user))
    if (others.length > 0) await administrator.send('ACL', 'DELUSER', ...others)
  }
}

function derived(secret: string, name: string, rotations: number): string {
  return createHmac('sha256', secret).update(`redis ${name} ${rotations}`).digest('base64url').slice(0, 24)
}
