import { createHash } from 'node:crypto'

/** A key's digest and a value's, 8 bytes each. */
const entryBytes = 16

/** As many as lines are made of at once. */
const pieceEntries = 4_096

/** A list of entries that may be of millions: 16 bytes each, outside of the heap. */
export class StateEntries {
  #bytes = Buffer.alloc(entryBytes * 4)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** @param key, value 16 hexadecimal digits each */
  add(key: string, value: string): void {
    const offset = this.#length * entryBytes
    if (offset === this.#bytes.length) {
      const larger = Buffer.alloc(offset * 2)
      this.#bytes.copy(larger)
      this.#bytes = larger
    }
    this.#bytes.write(key, offset, 8, 'hex')
    this.#bytes.write(value, offset + 8, 8, 'hex')
    this.#length += 1
  }

  /** The lines of the contents file, in the order in which entries were added. @param ending of each line */
  *lines(ending: string): Iterable<Buffer> {
    for (let start = 0; start < this.#length; start += pieceEntries) {
      let text = ''
      for (let index = start; index < Math.min(start + pieceEntries, this.#length); index += 1) {
        text += lineOf(this.#entry(index)) + ending
      }
      yield Buffer.from(text)
    }
  }

  /** Each entry as 32 hexadecimal digits, in order. They are parted by their first byte, so that few are text at once. */
  *sorted(): Iterable<string> {
    const parts = Array.from({ length: 256 }, (): number[] => [])
    for (let index = 0; index < this.#length; index += 1) parts[this.#bytes[index * entryBytes] ?? 0]?.push(index)
    for (const part of parts) yield* part.map((index) => this.#entry(index)).sort()
  }

  /** SHA-256 of the sorted lines without their group: `<key's digest> <value's digest>`. */
  digest(): string {
    const hash = createHash('sha256')
    for (const entry of this.sorted()) hash.update(`${lineOf(entry)}\n`)
    return hash.digest('hex')
  }

  #entry(index: number): string {
    return this.#bytes.toString('hex', index * entryBytes, (index + 1) * entryBytes)
  }
}

function lineOf(entry: string): string {
  return `${entry.slice(0, 16)} ${entry.slice(16)}`
}
