import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What programs answered when asked for their version; asking costs as much as a tenth of a server's start. */
export class VersionMemo {
  readonly #file: string
  readonly #folder: string
  readonly #known: Record<string, string>
  #changed = false

  constructor(cacheFolder: string) {
    this.#folder = cacheFolder
    this.#file = join(cacheFolder, 'program-versions.json')
    this.#known = readKnown(this.#file)
  }

  /** The version of the program as it lies on disk now: another size or time of change asks again. */
  async get(program: string, ask: () => Promise<string | undefined>): Promise<string | undefined> {
    const { size, mtimeMs } = statSync(program)
    const key = `${program}|${size}|${mtimeMs}`
    const known = this.#known[key]
    if (known !== undefined) return known
    const version = await ask()
    if (version !== undefined) {
      this.#known[key] = version
      this.#changed = true
    }
    return version
  }

  /** Only a memo: a cache that can't be written is no reason to fail. */
  store(): void {
    if (!this.#changed) return
    const partial = `${this.#file}.${process.pid}.partial`
    try {
      mkdirSync(this.#folder, { recursive: true })
      writeFileSync(partial, JSON.stringify(this.#known))
      renameSync(partial, this.#file)
    } catch {}
  }
}

function readKnown(file: string): Record<string, string> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>
  } catch {
    return {}
  }
}
