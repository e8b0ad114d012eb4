import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { IsolaneError } from '../../core/errors.ts'

export interface Change {
  /** The path in the project, with forward slashes. */
  readonly name: string
  /** `undefined`: the file is new. */
  readonly before: string | undefined
  /** `undefined`: the file goes. */
  readonly after: string | undefined
}

interface Original {
  readonly bytes: string | undefined
  readonly text: string | undefined
  readonly crlf: boolean
}

/** A project's files as they are to be: nothing reaches the disk before {@link save}. Lines end in `\n` in here. */
export class ProjectFiles {
  readonly root: string
  readonly #originals = new Map<string, Original>()
  readonly #texts = new Map<string, string | undefined>()

  constructor(root: string) {
    this.root = root
  }

  /** `undefined` when there is no such file. */
  read(name: string): string | undefined {
    if (!this.#originals.has(name)) {
      const original = readOriginal(join(this.root, name))
      this.#originals.set(name, original)
      this.#texts.set(name, original.text)
    }
    return this.#texts.get(name)
  }

  write(name: string, text: string): void {
    this.read(name)
    this.#texts.set(name, text)
  }

  has(name: string): boolean {
    return statSync(join(this.root, name), { throwIfNoEntry: false })?.isFile() ?? false
  }

  hasFolder(name: string): boolean {
    return statSync(join(this.root, name), { throwIfNoEntry: false })?.isDirectory() ?? false
  }

  /** The first of these files that there is. */
  first(names: readonly string[]): string | undefined {
    return names.find((name) => this.has(name))
  }

  /** Names in a folder; none when there is no such folder. */
  list(folder = '.'): string[] {
    return this.hasFolder(folder) ? readdirSync(join(this.root, folder)).sort() : []
  }

  changes(): Change[] {
    return [...this.#texts]
      .map(([name, after]) => ({ name, before: this.#originals.get(name)?.text, after }))
      .filter(({ before, after }) => before !== after)
  }

  /**
   * Each file is replaced whole, or not at all.
   * @throws ISOLANE_ABORTED when a file is not as it was read
   */
  save(): void {
    const changes = this.changes()
    for (const { name } of changes) this.#mustBeAsRead(name)
    for (const { name, after = '' } of changes) {
      const file = join(this.root, name)
      const staged = `${file}.${randomBytes(4).toString('hex')}.tmp`
      const text = this.#originals.get(name)?.crlf ? after.replaceAll('\n', '\r\n') : after
      try {
        writeFileSync(staged, text, { mode: statSync(file, { throwIfNoEntry: false })?.mode ?? 0o666 })
        renameSync(staged, file)
      } finally {
        rmSync(staged, { force: true })
      }
    }
  }

  #mustBeAsRead(name: string): void {
    if (readOriginal(join(this.root, name)).bytes === this.#originals.get(name)?.bytes) return
    throw new IsolaneError({
      code: 'ISOLANE_ABORTED',
      message: `${name} was changed by somebody else in the meantime`,
      remedy: 'nothing was written; run `isolane init` again',
    })
  }
}

function readOriginal(file: string): Original {
  if (!existsSync(file)) return { bytes: undefined, text: undefined, crlf: false }
  const bytes = readFileSync(file, 'utf8')
  const crlf = bytes.includes('\r\n') && !/(^|[^\r])\n/.test(bytes)
  return { bytes, text: crlf ? bytes.replaceAll('\r\n', '\n') : bytes, crlf }
}
