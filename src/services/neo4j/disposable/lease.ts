import type { ManagedTransaction } from 'neo4j-driver'
import { IsolaneError } from '../../../core/errors.ts'
import type { Bolt } from '../bolt/client.ts'
import { codeOf } from '../bolt/errors.ts'
import { type Holder, isDead } from '../bolt/holder.ts'
import { quoted } from '../bolt/quoted.ts'
import { isEmpty } from '../graph/restore.ts'
import { ownPrefix } from '../graph/schema.ts'

const prefix = `${ownPrefix}lease `

/** What the name of the index says. `until` is a time by the server's clock, in milliseconds. */
interface Mark extends Holder {
  readonly until: number
}

/**
 * Says whose a disposable database is. It is an index that nothing is ever in: no query for data meets it. What it is on
 * is always the same, so there can be one only; its name tells the holder and until when, and is changed to renew it. Where
 * it stands, everything in the database is Isolane's, also when its holder was killed.
 */
export class Lease {
  readonly #bolt: Bolt
  readonly #database: string
  readonly #holder: Holder
  readonly #milliseconds: number
  #name: string
  #renewed: number
  #heartbeat: NodeJS.Timeout | undefined
  #work: Promise<unknown> = Promise.resolve()

  private constructor({ bolt, database, holder, milliseconds }: LeaseParts, name: string) {
    this.#bolt = bolt
    this.#database = database
    this.#holder = holder
    this.#milliseconds = milliseconds
    this.#name = name
    this.#renewed = performance.now()
    this.#heartbeat = setInterval(() => void this.check().catch(() => {}), milliseconds / 4)
    this.#heartbeat.unref()
  }

  /** Whether the last holder was killed. */
  static async wasLeft(bolt: Bolt, database: string): Promise<boolean> {
    const [, mark] = (await readMark(bolt, database)) ?? []
    return mark !== undefined && isDead(mark, mark.until <= (await serverTime(bolt, database)))
  }

  /** @throws ISOLANE_ATTACH_REFUSED while another run holds the database, or when it holds data that are not ours */
  static async take(parts: LeaseParts): Promise<Lease> {
    const { bolt, database, holder, milliseconds } = parts
    for (;;) {
      const now = await serverTime(bolt, database)
      const [name, mark] = (await readMark(bolt, database)) ?? []
      if (mark && !isDead(mark, mark.until <= now)) throw held(bolt, database, mark, milliseconds)
      if (!mark && !(await isEmpty(bolt, database))) throw foreign(bolt, database)
      const mine = nameOf({ ...holder, until: now + milliseconds })
      if (await replaceMark(bolt, database, name, mine)) return new Lease(parts, mine)
    }
  }

  /**
   * Makes sure of the lease, and renews it when it is time. To be called before anything is destroyed.
   * @throws ISOLANE_LANE_LOST when another run has taken the database over
   */
  check(): Promise<void> {
    const checked = this.#work.then(() => this.#renew())
    this.#work = checked.catch(() => {})
    return checked
  }

  /** Gives the database back. */
  async release(): Promise<void> {
    clearInterval(this.#heartbeat)
    await this.#work
    await this.#bolt.rows(this.#database, `DROP INDEX ${quoted(this.#name)} IF EXISTS`)
  }

  async #renew(): Promise<void> {
    const begun = performance.now()
    const [name, mark] = (await readMark(this.#bolt, this.#database)) ?? []
    // Every renewal has the server plan all queries anew.
    if (mark?.run === this.#holder.run && begun - this.#renewed < this.#milliseconds / 4) return
    const now = await serverTime(this.#bolt, this.#database)
    // A test may drop every index there is. As long as the lease would have held, nobody else was here.
    const isOurs = mark ? mark.run === this.#holder.run : begun - this.#renewed < this.#milliseconds
    const mine = nameOf({ ...this.#holder, until: now + this.#milliseconds })
    if (!isOurs || !(await replaceMark(this.#bolt, this.#database, name, mine)))
      throw lost(this.#bolt, this.#database, mark)
    this.#name = mine
    this.#renewed = begun
  }
}

export interface LeaseParts {
  readonly bolt: Bolt
  readonly database: string
  readonly holder: Holder
  /** How long the lease holds without being renewed. */
  readonly milliseconds: number
}

async function readMark(bolt: Bolt, database: string): Promise<readonly [string, Mark] | undefined> {
  const rows = await bolt.rows<{ name: string }>(
    database,
    'SHOW INDEXES YIELD name WHERE name STARTS WITH $prefix RETURN name',
    { prefix },
  )
  const [row] = rows
  return row && [row.name, JSON.parse(row.name.slice(prefix.length)) as Mark]
}

function nameOf(mark: Mark): string {
  return prefix + JSON.stringify(mark)
}

/** In one transaction, so that the mark is never missing. @returns false when somebody else was faster */
async function replaceMark(bolt: Bolt, database: string, old: string | undefined, mine: string): Promise<boolean> {
  if (old === mine) return true
  const replace = async (transaction: ManagedTransaction) => {
    if (old !== undefined) await transaction.run(`DROP INDEX ${quoted(old)}`)
    await transaction.run(`CREATE INDEX ${quoted(mine)} FOR (n:IsolaneLease) ON (n.holder)`)
  }
  try {
    await bolt.transaction(database, replace)
    return true
  } catch (error) {
    if (/IndexAlreadyExists|EquivalentSchemaRule|IndexDropFailed|IndexNotFound/.test(codeOf(error))) return false
    throw error
  }
}

async function serverTime(bolt: Bolt, database: string): Promise<number> {
  const [row] = await bolt.rows<{ now: unknown }>(database, 'RETURN timestamp() AS now')
  return Number(row?.now)
}

function held(bolt: Bolt, database: string, { pid, host }: Mark, milliseconds: number): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_ATTACH_REFUSED',
    message: `The disposable database ${database} on ${bolt.url} is in use by process ${pid} on ${host}`,
    remedy: `wait until that run ends (that one was killed is noticed at once on its machine, and within ${Math.ceil(milliseconds / 1000)} s on others), or leave \`url\` out`,
  })
}

function foreign(bolt: Bolt, database: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_ATTACH_REFUSED',
    message: `The database ${database} on ${bolt.url} holds data, constraints or indexes that Isolane did not make`,
    remedy:
      'it was not touched: empty it yourself, or name another server; a disposable database must be empty at first',
  })
}

function lost(bolt: Bolt, database: string, mark: Mark | undefined): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_LANE_LOST',
    message: `The disposable database ${database} on ${bolt.url} is not ours any more${mark ? `: process ${mark.pid} on ${mark.host} has it` : ''}`,
    remedy: 'this run was silent for too long, or somebody removed its mark: run again',
  })
}
