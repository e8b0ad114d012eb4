import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

/** Texts as they stand on the disk, ends of lines included. */
export interface Change {
  /** The path in the project, with forward slashes. */
  readonly name: string
  /** `undefined`: the file is new. */
  readonly before: string | undefined
  readonly after: string
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

  /** @returns `false` where there is such a file already: it stays as it is */
  create(name: string, text: string): boolean {
    if (this.read(name) !== undefined) return false
    this.write(name, text)
    return true
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
    return [...this.#texts].sort().flatMap(([name, after]) => {
      const { bytes, text, crlf } = this.#originals.get(name) ?? nothing
      if (after === undefined || after === text) return []
      return [{ name, before: bytes, after: crlf ? after.replaceAll('\n', '\r\n') : after }]
    })
  }

  /** Those of the files to change that somebody else has changed since they were read. */
  outdated(): string[] {
    const names = this.changes().map(({ name }) => name)
    return names.filter((name) => readOriginal(join(this.root, name)).bytes !== this.#originals.get(name)?.bytes)
  }

  /** Each file is replaced whole, or not at all. */
  save(): void {
    for (const { name, after } of this.changes()) {
      const path = join(this.root, name)
      const isThere = existsSync(path)
      // A link stays one.
      const file = isThere ? realpathSync(path) : path
      const staged = `${file}.${randomBytes(4).toString('hex')}.tmp`
      try {
        writeFileSync(staged, after)
        if (isThere) chmodSync(staged, statSync(file).mode)
        renameSync(staged, file)
      } finally {
        rmSync(staged, { force: true })
      }
    }
  }
}

const nothing: Original = { bytes: undefined, text: undefined, crlf: false }

function readOriginal(file: string): Original {
  if (!existsSync(file)) return nothing
  const bytes = readFileSync(file, 'utf8')
  const crlf = bytes.includes('\r\n') && !/(^|[^\r])\n/.test(bytes)
  return { bytes, text: crlf ? bytes.replaceAll('\r\n', '\n') : bytes, crlf }
}
