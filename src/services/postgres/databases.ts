import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { IsolaneError } from '../../core/errors.ts'
import { connect, type Pool, sqlState } from './client.ts'
import {
  birthmark,
  type CopyStrategy,
  commentStatement,
  type Described,
  description,
  type Marker,
  markerOf,
} from './marker.ts'
import type { Server } from './server.ts'
import { identifier, literal } from './sql.ts'

/** More put-aside databases than this, and the oldest are dropped although lanes are in use. */
const trashBound = 24

/** Makes, renames and drops databases; each of them marked as ours. */
export class Databases {
  readonly #pool: Pool
  readonly #server: Server
  readonly #trash: string[] = []
  #dropping: Promise<void> = Promise.resolve()

  constructor(pool: Pool, server: Server) {
    this.#pool = pool
    this.#server = server
  }

  /** The marker of a database; `undefined` when there is no such database, `'foreign'` when it is not ours. */
  async marker(database: string): Promise<Marker | 'foreign' | undefined> {
    const { rows } = await this.#pool.query<Described>(
      `SELECT datname AS name, ${description} FROM pg_database WHERE datname = $1`,
      [database],
    )
    return rows[0] && markerOf(rows[0])
  }

  /** @param clause more of how to make it, as SQL */
  async create(database: string, template: string, strategy: CopyStrategy, marker: Marker, clause = ''): Promise<void> {
    const client = await this.#pool.connect()
    let failed = true
    try {
      if (strategy === 'clone') await client.query('SET file_copy_method = clone')
      await client.query(`${createStatement(database, template, strategy, this.#server.address.user)} ${clause}`)
      // Neither is copied from the template.
      await client.query(`${commentStatement(database, this.#own(marker))};
        ALTER DATABASE ${identifier(database)} CONNECTION LIMIT -1;
        REVOKE ALL ON DATABASE ${identifier(database)} FROM PUBLIC`)
      failed = false
    } finally {
      // One that is being ended would still be given to whoever asks next.
      client.release(failed)
    }
  }

  /** Marks and names a database at once, so that nobody finds the one without the other. */
  async publish(database: string, name: string, marker: Marker): Promise<void> {
    await this.#pool.query(`${commentStatement(database, marker)};
      ALTER DATABASE ${identifier(database)} RENAME TO ${identifier(name)}`)
  }

  async comment(database: string, marker: Marker): Promise<void> {
    await this.#pool.query(commentStatement(database, marker))
  }

  /** Says what a database of ours has become. */
  async mark(database: string, marker: Marker): Promise<void> {
    await this.comment(database, this.#own(marker))
  }

  /** Copies a database of ours to which others may be connected: they are cut off. */
  async copy(source: string, database: string, strategy: CopyStrategy, marker: Marker): Promise<void> {
    await this.suspend(source)
    try {
      await whileInUse(async () => {
        await this.cutOff(source)
        await this.create(database, source, strategy, marker)
      })
    } finally {
      await this.admit(source, true)
    }
  }

  /** Nobody can connect any more. @throws ISOLANE_LANE_FAILED for one that is not ours */
  async suspend(database: string): Promise<void> {
    if ((await this.marker(database)) === 'foreign') throw foreign(database)
    await this.admit(database, false)
  }

  /** Whether anybody may connect. */
  async admit(database: string, anybody: boolean): Promise<void> {
    await this.#pool.query(`ALTER DATABASE ${identifier(database)} ALLOW_CONNECTIONS ${anybody}`)
  }

  /** Gives the name of one database to another, and the one another name: both or neither. */
  async exchange(name: string, { comes, goes }: { readonly comes: string; readonly goes: string }): Promise<void> {
    const client = await this.#pool.connect()
    let failed = true
    try {
      await client.query('BEGIN')
      await client.query(`ALTER DATABASE ${identifier(name)} RENAME TO ${identifier(goes)}`)
      await client.query(`ALTER DATABASE ${identifier(comes)} RENAME TO ${identifier(name)}`)
      await client.query('COMMIT')
      failed = false
    } finally {
      client.release(failed)
    }
  }

  /** Puts a database of ours aside: cuts its connections off and renames it. Nothing happens when it is not there. */
  async discard(database: string): Promise<void> {
    const marker = await this.marker(database)
    if (marker === undefined) return
    if (marker === 'foreign') throw foreign(database)
    await this.rollBackPrepared(database)
    const name = `${this.#server.names.trashPrefix}${randomBytes(8).toString('hex')}`
    await this.#pool.query(`ALTER DATABASE ${identifier(database)} ALLOW_CONNECTIONS false IS_TEMPLATE false`)
    // Whoever is just connecting counts, until it is refused; under load that takes a while.
    await whileInUse(async () => {
      await this.cutOff(database)
      await this.publish(database, name, this.#own(marker))
    })
    this.#trash.push(name)
    if (this.#trash.length > trashBound) this.#dropLater(this.#trash.splice(0, this.#trash.length - trashBound))
  }

  /** Puts aside every database of ours whose name begins so. */
  async discardAll(beginning: string): Promise<void> {
    const { trashPrefix } = this.#server.names
    const { rows } = await this.#pool.query<{ datname: string }>(
      'SELECT datname FROM pg_database WHERE starts_with(datname, $1) AND NOT starts_with(datname, $2)',
      [beginning, trashPrefix],
    )
    for (const { datname } of rows) await this.discard(datname)
  }

  /** On a server that others use too, everything but a kept template is some session's. */
  #own(marker: Marker): Marker {
    const { tenancy } = this.#server
    return tenancy ? { ...marker, session: tenancy.session } : marker
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
      // Only a superuser may end what has no user, such as autovacuum; it gives way by itself.
      const { rows } = await this.#pool
        .query(
          'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND (usesysid IS NOT NULL OR $2)',
          [database, this.#server.superuser],
        )
        .catch((error: unknown) => {
          throw sqlState(error) === '42501' ? notOurs(database, this.#server.admin.user, error) : error
        })
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
    const { rows } = await this.#pool.query<Described>(
      `SELECT datname AS name, ${description} FROM pg_database WHERE starts_with(datname, $1)`,
      [this.#server.names.trashPrefix],
    )
    this.#dropLater(rows.filter((row) => markerOf(row) !== 'foreign').map(({ name }) => name))
    await this.#dropping
  }

  /** Drops what was put aside although lanes are in use, as the disk is full. @returns whether there was anything. */
  async makeRoom(): Promise<boolean> {
    const found = this.#trash.length > 0
    await this.emptyTrash()
    return found
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
  async rollBackPrepared(database: string): Promise<void> {
    const { rows } = await this.#pool.query('SELECT gid FROM pg_prepared_xacts WHERE database = $1', [database])
    if (rows.length === 0) return
    // Besides a superuser, only who has begun them may end them.
    const { superuser, admin, address } = this.#server
    const client = await connect(superuser ? admin : address, database)
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

function createStatement(database: string, template: string, strategy: CopyStrategy, owner: string): string {
  const copy = strategy === 'clone' ? 'file_copy' : strategy
  return [
    `CREATE DATABASE ${identifier(database)} TEMPLATE ${identifier(template)} OWNER ${identifier(owner)}`,
    `CONNECTION LIMIT ${birthmark(database)}`,
    ...(copy === 'default' ? [] : [`STRATEGY ${copy}`]),
  ].join(' ')
}

export function foreign(database: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_LANE_FAILED',
    message: `The server has a database ${database} that Isolane did not make`,
    remedy:
      'rename or drop it; Isolane leaves it alone. Its own it knows by their comments: `COMMENT ON DATABASE` may have replaced that one',
  })
}

function notOurs(database: string, user: string, cause: unknown): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_LANE_FAILED',
    message: `Another role is connected to the database ${database}, and the role ${user} may not end that`,
    remedy: `end it, or have an administrator run \`GRANT pg_signal_backend TO ${identifier(user)}\``,
    cause,
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
