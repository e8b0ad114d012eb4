import { type MomentText, readMoment } from './moments.ts'
import { BrokenText, type Value } from './values.ts'

/** What a column's values are, gathered row by row. */
export class ColumnFacts {
  nulls = 0
  integers = 0
  reals = 0
  texts = 0
  blobs = 0
  broken = 0
  /** Texts with U+0000, which PostgreSQL can't have. */
  withNul = 0
  least = 0n
  most = 0n
  /** Characters of the longest text. */
  longest = 0
  /** Every integer is 0 or 1. */
  truths = true
  uuids = true
  json = true
  infinite = false
  readonly moments = new Set<MomentText['kind'] | 'none'>()

  /** @param looked what of texts has to be looked at closely */
  add(value: Value, looked: 'moments' | 'json' | 'uuids' | undefined): void {
    if (value === null) this.nulls += 1
    else if (typeof value === 'bigint') this.#addInteger(value)
    else if (typeof value === 'number') {
      this.reals += 1
      if (!Number.isFinite(value)) this.infinite = true
    } else if (value instanceof BrokenText) this.broken += 1
    else if (typeof value === 'string') this.#addText(value, looked)
    else this.blobs += 1
  }

  get any(): boolean {
    return this.integers + this.reals + this.texts + this.blobs + this.broken > 0
  }

  /** There is nothing else, but nulls. */
  only(...kinds: readonly ('integers' | 'reals' | 'texts' | 'blobs')[]): boolean {
    const all = ['integers', 'reals', 'texts', 'blobs', 'broken'] as const
    return all.every((kind) => this[kind] === 0 || (kinds as readonly string[]).includes(kind))
  }

  #addInteger(value: bigint): void {
    this.integers += 1
    if (value < this.least) this.least = value
    if (value > this.most) this.most = value
    if (value !== 0n && value !== 1n) this.truths = false
  }

  #addText(value: string, looked: 'moments' | 'json' | 'uuids' | undefined): void {
    this.texts += 1
    if (value.includes('\0')) this.withNul += 1
    if (value.length > this.longest) this.longest = Math.max(this.longest, [...value].length)
    if (looked === 'moments') this.moments.add(readMoment(value)?.kind ?? 'none')
    if (looked === 'uuids') this.uuids &&= /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)
    if (looked === 'json') this.json &&= isJson(value)
  }
}

/** Also to PostgreSQL, which wants every escape in it to be a character. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text, (key, value: unknown) => {
      for (const part of [key, value]) {
        if (typeof part === 'string' && /\0|\p{Surrogate}/u.test(part)) throw new TypeError('no text')
      }
      return value
    })
    return true
  } catch {
    return false
  }
}
