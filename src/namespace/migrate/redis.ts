import type { Redis } from 'ioredis'
import { clientNotLoaded } from '../../core/client-missing.ts'
import { IsolaneError, messageOf } from '../../core/errors.ts'
import { Prefix } from '../redis/prefix.ts'
import type { NamespaceMigration, NamespaceMigrationOptions, NamespaceOutcome, NamespacePlan } from './contract.ts'
import { type RedisTarget, redisTarget } from './redis-target.ts'

export interface RedisMigrationOptions {
  /** `redis://host:port/number`. */
  readonly url: string
  readonly username?: string | undefined
  readonly password?: string | undefined
  /** The namespace's name: keys become `name:key`. */
  readonly prefix: string
  /** All namespaces' names; a key that begins with one of them stays in it. Default: dev, test, staging and production. */
  readonly namespaces?: readonly string[] | undefined
}

const usual = ['dev', 'test', 'staging', 'production']

/**
 * Brings the keys of one DB number under a prefix. Types, values and lifetimes stay, as keys are only renamed; nothing is
 * overwritten, as a new name that is taken is left alone. Keys of other namespaces are left alone too.
 * @throws ISOLANE_OPTION_INVALID, ISOLANE_CLIENT_MISSING, ISOLANE_SERVER_UNREACHABLE
 */
export async function redisMigration(options: RedisMigrationOptions): Promise<NamespaceMigration> {
  const prefix = new Prefix(options.prefix)
  const names = (options.namespaces ?? usual).filter((name) => name !== options.prefix)
  const others = names.map((name) => new Prefix(name))
  const target = redisTarget(options)
  const client = await connect(target)
  return {
    target: target.text,
    unit: 'keys',
    plan: (settings) => plan(new Keys(client, prefix, others, settings)),
    run: (settings) => run(new Keys(client, prefix, others, settings), target),
    [Symbol.asyncDispose]: async () => client.disconnect(),
  }
}

const shown = 10

interface Rename {
  readonly from: Buffer
  readonly to: Buffer
}

interface Page {
  readonly renames: readonly Rename[]
  /** How many are as they should be. */
  readonly done: number
  /** Of which other namespace each of the rest is. */
  readonly elsewhere: readonly string[]
}

/** The keys of a DB number, page by page, as one act of migrating sees them. */
class Keys {
  readonly #client: Redis
  readonly #prefix: Prefix
  readonly #others: readonly Prefix[]
  readonly options: NamespaceMigrationOptions

  constructor(client: Redis, prefix: Prefix, others: readonly Prefix[], options: NamespaceMigrationOptions) {
    this.#client = client
    this.#prefix = prefix
    this.#others = others
    this.options = options
  }

  async *pages(): AsyncGenerator<Page> {
    let cursor = '0'
    do {
      this.options.signal.throwIfAborted()
      const [next, keys] = await this.#client.scanBuffer(cursor, 'COUNT', this.options.batch)
      cursor = String(next)
      // Marks and records of Isolane belong to the server, not to a namespace.
      const theirs = keys.filter((key) => !key.subarray(0, 8).equals(isolane))
      const undone = theirs.filter((key) => this.#prefix.owns(key) === this.options.undo)
      const renames: Rename[] = []
      const elsewhere: string[] = []
      for (const from of undone) {
        const other = this.#other(from)
        if (other) elsewhere.push(other.text)
        else renames.push(this.#rename(from))
      }
      yield { renames, elsewhere, done: theirs.length - undone.length }
    } while (cursor !== '0')
  }

  /** For each whether it was renamed; undefined where the key went away meanwhile. */
  rename(renames: readonly Rename[]): Promise<(boolean | undefined)[]> {
    const answers = renames.map(({ from, to }) =>
      this.#client.renamenx(from, to).then(
        (renamed) => renamed === 1,
        (error) => {
          if (/no such key/i.test(messageOf(error))) return undefined
          throw error
        },
      ),
    )
    return Promise.all(answers)
  }

  async taken(renames: readonly Rename[]): Promise<Rename[]> {
    const exist = await Promise.all(renames.map(({ to }) => this.#client.exists(to)))
    return renames.filter((_, at) => exist[at] === 1)
  }

  /** The namespace that a key is in, or would come into without its prefix. */
  #other(key: Buffer): Prefix | undefined {
    const plain = this.options.undo ? this.#prefix.strip(key) : key
    return this.#others.find((other) => other.owns(plain))
  }

  #rename(from: Buffer): Rename {
    return { from, to: this.options.undo ? this.#prefix.strip(from) : (this.#prefix.add(from) as Buffer) }
  }
}

const isolane = Buffer.from('isolane:')

async function plan(keys: Keys): Promise<NamespacePlan> {
  let [toChange, done, collided] = [0, 0, 0]
  const examples: string[] = []
  const collisions: string[] = []
  const elsewhere = new Tally()
  for await (const page of keys.pages()) {
    const taken = new Set(await keys.taken(page.renames))
    const free = page.renames.filter((rename) => !taken.has(rename))
    done += page.done
    elsewhere.add(page.elsewhere)
    collided += taken.size
    toChange += free.length
    examples.push(...free.slice(0, shown - examples.length).map(({ from, to }) => `${text(from)} → ${text(to)}`))
    collisions.push(...[...taken].slice(0, shown - collisions.length).map(inTheWay))
    keys.options.progress(toChange)
  }
  return { toChange, done, collided, examples, collisions, ...elsewhere.counts() }
}

async function run(keys: Keys, target: RedisTarget): Promise<NamespaceOutcome> {
  let [changed, done, collided] = [0, 0, 0]
  const collisions: string[] = []
  const elsewhere = new Tally()
  try {
    for await (const { renames, done: asTheyShouldBe, elsewhere: others } of keys.pages()) {
      const renamed = await keys.rename(renames)
      const taken = renames.filter((_, at) => renamed[at] === false)
      changed += renamed.filter(Boolean).length
      done += asTheyShouldBe
      elsewhere.add(others)
      collided += taken.length
      collisions.push(...taken.slice(0, shown - collisions.length).map(inTheWay))
      keys.options.progress(changed)
    }
  } catch (cause) {
    if (keys.options.signal.aborted) throw keys.options.signal.reason
    throw new IsolaneError({
      code: 'ISOLANE_MIGRATE_FAILED',
      message: `${target.text} stopped answering after ${changed} keys were renamed (${messageOf(cause)})`,
      remedy: 'run it again: what is renamed stays, and it goes on with the rest',
      cause,
    })
  }
  // A scan shows some of the new names too.
  return { changed, done: Math.max(done - changed, 0), collided, collisions, ...elsewhere.counts() }
}

/** How many keys there are of each of the other namespaces. */
class Tally {
  readonly #counts = new Map<string, number>()

  add(prefixes: readonly string[]): void {
    for (const prefix of prefixes) this.#counts.set(prefix, (this.#counts.get(prefix) ?? 0) + 1)
  }

  counts(): Pick<NamespacePlan, 'elsewhere' | 'elsewhereOf'> {
    const all = [...this.#counts]
    return {
      elsewhere: all.reduce((sum, [, count]) => sum + count, 0),
      elsewhereOf: all.slice(0, shown).map(([prefix, count]) => `${count} of ${prefix}`),
    }
  }
}

function inTheWay({ from, to }: Rename): string {
  return `${text(from)}: ${text(to)} exists too`
}

/** As a line to print, whatever bytes a key is of. */
function text(key: Buffer): string {
  return JSON.stringify(key.toString()).slice(1, -1)
}

async function connect({ options, text: where }: RedisTarget): Promise<Redis> {
  const { Redis } = await import('ioredis').catch((error: unknown) => {
    throw clientNotLoaded('ioredis', 'Redis', error)
  })
  const client = new Redis({ ...options, lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 })
  let reason: unknown
  client.on('error', (error) => {
    reason ??= error
  })
  try {
    await client.connect()
    return client
  } catch (error) {
    client.disconnect()
    throw new IsolaneError({
      code: 'ISOLANE_SERVER_UNREACHABLE',
      message: `${where} can't be reached (${messageOf(reason ?? error)})`,
      remedy: 'see that the server runs, and that user and password are right',
      cause: reason ?? error,
    })
  }
}
