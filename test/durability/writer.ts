import { createHash, randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import { type Place, places, type Variables } from './places.ts'

/** One service of one environment, as a program that works with it has it. */
export interface Slice {
  readonly service: string
  readonly environment: string
  readonly env: Variables
}

/** Milliseconds until what can't be reached is tried again. */
const pause = 50
const patience = { timeout: 120_000, interval: 100 }

/** A program that writes to every slice at once, connects again when it must, and remembers what was acknowledged. */
export class Writer implements AsyncDisposable {
  /** Times that a write was not acknowledged, or the server could not be reached. */
  failures = 0
  readonly #ledgers: readonly Ledger[]
  readonly #loops: readonly Promise<void>[]
  #stopped = false

  constructor(slices: readonly Slice[]) {
    this.#ledgers = slices.map((slice) => ({ slice, digests: new Map() }))
    this.#loops = this.#ledgers.map((ledger) => this.#write(ledger))
  }

  /** Waits until each slice has acknowledged some more. */
  async goesOn(more = 20): Promise<void> {
    const before = this.acknowledged()
    const silent = () =>
      Object.entries(this.acknowledged()).flatMap(([name, count]) => (count < (before[name] ?? 0) + more ? [name] : []))
    await expect.poll(silent, patience).toEqual([])
  }

  /** By slice. */
  acknowledged(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#ledgers.map(({ slice, digests }) => [nameOf(slice), digests.size]))
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#loops)
  }

  /** Every acknowledged write is there, byte for byte; what was not acknowledged may be. */
  async expectAllThere(): Promise<void> {
    const lost = await Promise.all(this.#ledgers.map(async (ledger) => [nameOf(ledger.slice), await lostOf(ledger)]))
    expect(Object.fromEntries(lost)).toEqual(Object.fromEntries(lost.map(([name]) => [name, []])))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #write({ slice, digests }: Ledger): Promise<void> {
    let place: Place | undefined
    for (let number = 0; !this.#stopped; number += 1) {
      const value = randomBytes(64 + (number % 1024))
      try {
        place ??= await open(slice)
        await place.write(number, value)
        digests.set(number, digestOf(value))
      } catch {
        this.failures += 1
        await closeQuietly(place)
        place = undefined
        await new Promise((resolve) => setTimeout(resolve, pause))
      }
    }
    await place?.[Symbol.asyncDispose]()
  }
}

interface Ledger {
  readonly slice: Slice
  /** Of what was acknowledged, by number. */
  readonly digests: Map<number, string>
}

/** Numbers of what was acknowledged, and is not there or not the same. */
async function lostOf({ slice, digests }: Ledger): Promise<number[]> {
  const missing = new Map(digests)
  await using place = await open(slice)
  for await (const [number, value] of place.read()) {
    if (digests.get(number) === digestOf(value)) missing.delete(number)
  }
  return [...missing.keys()]
}

function open({ service, env }: Slice): Promise<Place> {
  const opener = places[service]
  if (!opener) throw new Error(`no way to write to ${service}`)
  return opener(env)
}

async function closeQuietly(place: Place | undefined): Promise<void> {
  try {
    await place?.[Symbol.asyncDispose]()
  } catch {}
}

function nameOf({ service, environment }: Slice): string {
  return `${environment}/${service}`
}

function digestOf(value: Buffer): string {
  return createHash('sha256').update(value).digest('hex')
}
