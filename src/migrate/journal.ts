import { join } from 'node:path'
import type { ResolvedConfig } from '../core/config.ts'
import { IsolaneError } from '../core/errors.ts'
import { fingerprint } from '../core/fingerprint.ts'
import { stateFolder } from '../core/folders.ts'
import { readRecord, replaceRecord } from '../core/record-file.ts'
import type { Source } from './source.ts'

/** Bytes, by what takes them. */
export type Memory = Readonly<Record<string, number>>

/** What became of one environment so far. */
export interface MovedEnvironment {
  /** The snapshot of the old databases. */
  readonly saved?: string
  /** The snapshot of what the environment had before. */
  readonly before?: string
  /** It may have something else than that already. */
  readonly loading?: true
  readonly loaded?: true
  /** Old and new were the same, value by value. */
  readonly compared?: Compared
}

/** By service: how many groups (tables, labels, types of keys) and entries were compared, and a digest of them all. */
export type Compared = Readonly<
  Record<string, { readonly groups: number; readonly entries: number; readonly digest: string }>
>

/** A `.env` file as it was. */
export interface KeptFile {
  readonly file: string
  /** Absent: there was none. */
  readonly text?: string
}

/** How far a migration has come. It is written before each step is begun, or when it is done; mode 0600, as it has URLs. */
export interface Journal {
  readonly startedAt: string
  readonly sources: readonly Source[]
  readonly environments: Readonly<Record<string, MovedEnvironment>>
  /** The stack was not up before the migration. */
  readonly broughtUp?: boolean
  readonly keptFiles?: readonly KeptFile[]
  readonly filesWritten?: true
  /** About to be stopped, or stopped already. */
  readonly stopping?: true
  readonly memoryBefore?: Memory
  readonly done?: true
}

/** The journal of a project's migration, on disk. */
export class JournalFile {
  readonly #file: string
  #current: Journal | undefined

  constructor({ root, name }: ResolvedConfig, state = stateFolder()) {
    this.#file = join(state, 'migrate', `${name}-${fingerprint(root, name).slice(0, 12)}.json`)
    this.#current = readRecord<Journal>(this.#file)
  }

  /** `undefined` where no migration was begun. */
  get current(): Journal | undefined {
    return this.#current
  }

  /** @throws ISOLANE_MIGRATE_FAILED where none was begun */
  get begun(): Journal {
    if (this.#current) return this.#current
    throw new IsolaneError({
      code: 'ISOLANE_MIGRATE_FAILED',
      message: 'No migration was begun here',
      remedy: 'begin one with `isolane migrate --from compose.yml`',
    })
  }

  async begin(journal: Journal): Promise<void> {
    await this.#replace(journal)
  }

  async note(more: Partial<Journal>): Promise<void> {
    await this.#replace({ ...this.begun, ...more })
  }

  async noteEnvironment(name: string, more: MovedEnvironment): Promise<void> {
    const { environments } = this.begun
    await this.note({ environments: { ...environments, [name]: { ...environments[name], ...more } } })
  }

  /** What was done to an environment is to be done again; what it had before all that stays on record. */
  async noteAgain(name: string): Promise<void> {
    const { environments } = this.begun
    const { saved: _, loaded: __, compared: ___, ...kept } = environments[name] ?? {}
    await this.note({ environments: { ...environments, [name]: kept } })
  }

  async forget(): Promise<void> {
    await this.#replace(undefined)
  }

  /** @throws ISOLANE_MIGRATE_FAILED when another process goes on with the same migration */
  async #replace(journal: Journal | undefined): Promise<void> {
    if (!(await replaceRecord(this.#file, this.#current, journal))) {
      throw new IsolaneError({
        code: 'ISOLANE_MIGRATE_FAILED',
        message: 'Another process is at the same migration',
        remedy: 'let it come to its end, or end it; then go on with `isolane migrate --resume` or `--rollback`',
      })
    }
    this.#current = journal
  }
}
