import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { IsolaneError } from '../../core/errors.ts'
import { type Access, connect, type Pool, sqlState } from './client.ts'
import { prefix } from './lane.ts'
import { laneRole } from './role.ts'
import { identifier, literal } from './sql.ts'

/** How a server copies one database to another; `clone` shares blocks where the file system can (18 and newer). */
export type CopyStrategy = 'default' | 'wal_log' | 'file_copy' | 'clone'

/** The comment on each database of ours. Nothing without it is ever renamed or dropped. */
export interface Marker {
  readonly isolane: 'lane' | 'template' | 'building'
  readonly fingerprint: string
  readonly strategy?: CopyStrategy
  /** Lanes need a look after they are cloned: settings to apply, or unlogged tables that a crash may have emptied. */
  readonly adopt?: boolean
}

/** Databases are put aside by renaming: dropping one forces a checkpoint, which tests that run would wait for. */
const trashPrefix = `${prefix}trash_`

/** More put-aside databases than this, and the oldest are dropped although lanes are in use. */
const trashBound = 24

/** Makes, renames and drops databases; each of them marked as ours. */
export class Databases {
  readonly #pool: Pool
  readonly #access: Access
  readonly major: number
  readonly #trash: string[] = []
  #dropping: Promise<void> = Promise.resolve()

  constructor(pool: Pool, access: Access, major: number) {
    this.#pool = pool
    this.#access = access
    this.major = major
  }

  /** The ways this server has of copying a database; the usual one first. */
  get strategies(): readonly CopyStrategy[] {
    if (this.major < 15) return ['default']
    return this.major < 18 ? ['file_copy', 'wal_log'] : ['file_copy', 'wal_log', 'clone']
  }

  /** The marker of a database; `undefined` when there is no such database, `'foreign'` when it is not ours. */
  async marker(database: string): Promise<Marker | 'foreign' | undefined> {
    // Whoever was killed between making a database and marking it left it to the lane role, which can make none itself.
    const { rows } = await this.#pool.query<{ comment: string | null; unmarked: boolean }>(
      `SELECT shobj_description(oid, 'pg_database') AS comment, pg_get_userbyid(datdba) = $2 AS unmarked
       FROM pg_database WHERE datname = $1`,
      [database, laneRole],
    )
    const [row] = rows
    if (row && row.comment === null && row.unmarked) return { isolane: 'building', fingerprint: '' }
    return row && parseMarker(row.comment)
  }

  async create(database: string, template: string, strategy: CopyStrategy, marker: Marker): Promise<void> {
    const client = await this.#pool.connect()
    try {
      if (strategy === 'clone') await client.query('SET file_copy_method = clone')
      await client.query(createStatement(database, template, strategy))
      // Neither is copied from the template. In one statement, so that a database of ours is hardly ever unmarked.
      await client.query(`COMMENT ON DATABASE ${identifier(database)} IS ${literal(JSON.stringify(marker))};
        REVOKE ALL ON DATABASE ${identifier(database)} FROM PUBLIC`)
    } finally {
      client.release()
    }
  }

  async comment(database: string, marker: Marker): Promise<void> {
    await this.#pool.query(`COMMENT ON DATABASE ${identifier(database)} IS ${literal(JSON.stringify(marker))}`)
  }

  /** Puts a database of ours aside: cuts its connections off and renames it. Nothing happens when it is not there. */
  async discard(database: string): Promise<void> {
    const marker = await this.marker(database)
    if (marker === undefined) return
    if (marker === 'foreign') throw foreign(database)
    await this.#rollBackPrepared(database)
    const name = `${trashPrefix}${randomBytes(8).toString('hex')}`
    await this.#pool.query(`ALTER DATABASE ${identifier(database)} ALLOW_CONNECTIONS false`)
    await this.cutOff(database)
    await this.#pool.query(`ALTER DATABASE ${identifier(database)} RENAME TO ${identifier(name)}`)
    this.#trash.push(name)
    if (this.#trash.length > trashBound) this.#dropLater(this.#trash.splice(0, this.#trash.length - trashBound))
  }

  /**
   * Ends all connections to a database and waits until they are gone.
   * @param patience milliseconds that whoever is just hanging up may take. A pool says that it has ended before its
   * connections have, and being cut off then is an error that nobody listens to any more.
   */
  async cutOff(database: string, patience = 0): Promise<void> {
    const until = performance.now() + patience
    while (performance.now() < until && (await this.#isInUse(database))) await delay(5)
    for (let attempt = 0; attempt < 500; attempt += 1) {
      const { rows } = await this.#pool.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1',
        [database],
      )
      if (rows.length === 0) return
      await delay(10)
    }
    throw new IsolaneError({
      code: 'ISOLANE_LANE_FAILED',
      message: `Connections to the database ${database} do not end`,
      remedy: 'see what holds them in pg_stat_activity',
    })
  }

  async #isInUse(database: string): Promise<boolean> {
    const { rows } = await this.#pool.query('SELECT FROM pg_stat_activity WHERE datname = $1 LIMIT 1', [database])
    return rows.length > 0
  }

  /** Drops everything that was put aside, also by sessions before this one. */
  async emptyTrash(): Promise<void> {
    this.#trash.length = 0
    const { rows } = await this.#pool.query<{ datname: string; comment: string | null }>(
      `SELECT datname, shobj_description(oid, 'pg_database') AS comment
       FROM pg_database WHERE starts_with(datname, $1)`,
      [trashPrefix],
    )
    this.#dropLater(rows.filter((row) => isOurs(row.comment)).map((row) => row.datname))
    await this.#dropping
  }

  /** Waits for what goes on in the background. */
  async settle(): Promise<void> {
    await this.#dropping
  }

  #dropLater(names: readonly string[]): void {
    this.#dropping = this.#dropping.then(async () => {
      for (const name of names) {
        // What can not be dropped now is found again by its name.
        await this.#pool.query(`DROP DATABASE IF EXISTS ${identifier(name)} WITH (FORCE)`).catch(() => {})
      }
    })
  }

  /** A prepared transaction outlives its connection, and keeps its database from being renamed. */
  async #rollBackPrepared(database: string): Promise<void> {
    const { rows } = await this.#pool.query('SELECT gid FROM pg_prepared_xacts WHERE database = $1', [database])
    if (rows.length === 0) return
    const client = await connect(this.#access, database)
    try {
      await rollBackPrepared(client)
    } finally {
      await client.end()
    }
  }
}

/** Ends what two-phase transactions the connected database has. */
export async function rollBackPrepared(client: { query: Pool['query'] }): Promise<void> {
  const { rows } = await client.query<{ gid: string }>(
    'SELECT gid FROM pg_prepared_xacts WHERE database = current_database()',
  )
  for (const { gid } of rows) await client.query(`ROLLBACK PREPARED ${literal(gid)}`)
}

function createStatement(database: string, template: string, strategy: CopyStrategy): string {
  const copy = strategy === 'clone' ? 'file_copy' : strategy
  return [
    `CREATE DATABASE ${identifier(database)} TEMPLATE ${identifier(template)} OWNER ${identifier(laneRole)}`,
    ...(copy === 'default' ? [] : [`STRATEGY ${copy}`]),
  ].join(' ')
}

function parseMarker(comment: string | null): Marker | 'foreign' {
  try {
    const value: unknown = JSON.parse(comment ?? '')
    return typeof value === 'object' && value !== null && 'isolane' in value ? (value as Marker) : 'foreign'
  } catch {
    return 'foreign'
  }
}

function isOurs(comment: string | null): boolean {
  return parseMarker(comment) !== 'foreign'
}

export function foreign(database: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_LANE_FAILED',
    message: `The server has a database ${database} that Isolane did not make`,
    remedy: 'rename or drop it; Isolane leaves it alone',
  })
}

/** Repeats what fails only because somebody is connected to a database at this moment. */
export async function whileInUse<T>(act: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await act()
    } catch (error) {
      if (sqlState(error) !== '55006' || attempt >= 20) throw error
      await delay(25 * attempt)
    }
  }
}
