import type { Endpoint } from '../../core/contracts.ts'
import { Administrator, type Command } from './client.ts'
import { databases } from './own-numbers.ts'
import { pageSize } from './scripts.ts'

interface Entry {
  readonly key: Buffer
  readonly dump: Buffer
}

/**
 * The template in our own memory. Needed where a lane is alone on its server: it may then use `FLUSHALL`, which takes
 * the template with it.
 */
export class TemplateCopy {
  readonly #endpoint: Endpoint
  readonly #entries: ReadonlyMap<number, readonly Entry[]>

  private constructor(endpoint: Endpoint, entries: ReadonlyMap<number, readonly Entry[]>) {
    this.#endpoint = endpoint
    this.#entries = entries
  }

  static async take(endpoint: Endpoint): Promise<TemplateCopy> {
    const entries = new Map<number, readonly Entry[]>()
    for (const database of [databases.template, databases.notes]) {
      await within(endpoint, database, async (administrator) => entries.set(database, await dumpAll(administrator)))
    }
    return new TemplateCopy(endpoint, entries)
  }

  /** The notes come last: they say that the template is complete. */
  async restore(): Promise<void> {
    for (const [database, entries] of this.#entries) {
      await within(this.#endpoint, database, (administrator) => restoreAll(administrator, entries))
    }
  }
}

async function within(
  endpoint: Endpoint,
  database: number,
  work: (administrator: Administrator) => Promise<unknown>,
): Promise<void> {
  const administrator = await Administrator.connect(endpoint, database)
  try {
    await work(administrator)
  } finally {
    administrator.close()
  }
}

async function dumpAll(administrator: Administrator): Promise<Entry[]> {
  const keys = (await administrator.sendForBytes('KEYS', '*')) as Buffer[]
  return Promise.all(
    keys.map(async (key) => ({ key, dump: (await administrator.sendForBytes('DUMP', key)) as Buffer })),
  )
}

async function restoreAll(administrator: Administrator, entries: readonly Entry[]): Promise<void> {
  await administrator.send('FLUSHDB')
  for (let start = 0; start < entries.length; start += pageSize) {
    const page = entries.slice(start, start + pageSize)
    await administrator.sendAll(page.map(({ key, dump }): Command => ['RESTORE', key, 0, dump]))
  }
}
