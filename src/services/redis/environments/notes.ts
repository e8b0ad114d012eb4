import type { EnvironmentId } from '../../../core/contracts.ts'
import type { Administrator, Command } from '../client.ts'
import { mostEnvironments } from './layout.ts'

/** What is known of an environment that was filled. */
export interface Note {
  readonly name: string
  /** Fingerprint of what it was filled with. */
  readonly template: string
  /** Fingerprint of a changed template that was told of. */
  readonly told: string
  /** How often its password was changed. */
  readonly rotations: number
  /** Whom its clients log in as. */
  readonly user: string
}

const fields = ['name', 'template', 'told', 'rotations', 'user'] as const

export function noteKey(index: number): string {
  return `isolane:environment:${index}`
}

/** The notes on environments, in a number of their own. What was filled with what, a script notes; see scripts.ts. */
export class Notes {
  readonly #administrator: Administrator

  /** @param administrator connected to the number of the notes */
  constructor(administrator: Administrator) {
    this.#administrator = administrator
  }

  async of({ index }: EnvironmentId): Promise<Note | undefined> {
    return noteOf(await this.#administrator.send(...read(index)))
  }

  async all(): Promise<readonly Note[]> {
    const indexes = Array.from({ length: mostEnvironments }, (_, index) => index)
    const answers = await this.#administrator.sendAll(indexes.map(read))
    return answers.map(noteOf).filter((note) => note !== undefined)
  }

  async told({ index }: EnvironmentId, fingerprint: string): Promise<void> {
    await this.#administrator.send('HSET', noteKey(index), 'told', fingerprint)
  }

  async login({ index }: EnvironmentId, user: string, rotations: number): Promise<void> {
    await this.#administrator.send('HSET', noteKey(index), 'user', user, 'rotations', rotations)
  }
}

function read(index: number): Command {
  return ['HMGET', noteKey(index), ...fields]
}

function noteOf(answer: unknown): Note | undefined {
  const [name, template, told, rotations, user] = answer as readonly (string | null)[]
  if (typeof name !== 'string') return undefined
  return { name, template: template ?? '', told: told ?? '', rotations: Number(rotations ?? 0), user: user ?? '' }
}
