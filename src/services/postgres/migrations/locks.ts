import type { TableLock } from '../../../core/contracts.ts'
import type { Client } from '../client.ts'
import { hiddenSchemas } from '../snapshots/hidden.ts'

/** Modes in which statements lock tables, the weakest first. */
const modes = [
  'AccessShareLock',
  'RowShareLock',
  'RowExclusiveLock',
  'ShareUpdateExclusiveLock',
  'ShareLock',
  'ShareRowExclusiveLock',
  'ExclusiveLock',
  'AccessExclusiveLock',
]

/** Tables by the file that holds them: another file says that the table was written anew. */
export type TableFiles = ReadonlyMap<string, string>

const tables = `pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't' AND ${hiddenSchemas}`

/** Of a running transaction: what it makes itself, others do not see yet. */
const locksQuery = `
SELECT held.oid::text AS id, held.name AS table, l.mode
FROM pg_locks l JOIN (SELECT c.oid, concat_ws('.', n.nspname, c.relname) AS name FROM ${tables}) held ON held.oid = l.relation
WHERE l.locktype = 'relation' AND l.granted
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`

const ofOthers = ` AND l.pid IN (SELECT a.pid FROM pg_stat_activity a
  WHERE a.datname = current_database() AND a.backend_type = 'client backend' AND a.pid <> pg_backend_pid())`

const filesQuery = `
SELECT c.oid::text AS id, concat_ws('.', n.nspname, c.relname) AS name, c.relfilenode::text AS file
FROM ${tables}`

interface Seen {
  readonly id: string
  readonly table: string
  readonly mode: string
}

interface Held {
  readonly table: string
  readonly mode: string
  readonly milliseconds: number
}

/** The locks of one transaction after the other, as another connection sees them. */
export class LockWatch {
  readonly #observer: Client
  readonly #before: TableFiles
  readonly #held: Held[] = []
  /** When each lock of the transaction that goes on was asked for, by table and mode. */
  readonly #open = new Map<string, { readonly table: string; readonly mode: string; readonly since: number }>()

  private constructor(observer: Client, before: TableFiles) {
    this.#observer = observer
    this.#before = before
  }

  static async begin(observer: Client): Promise<LockWatch> {
    return new LockWatch(observer, (await readFiles(observer)).files)
  }

  /**
   * @param process of the server that holds them. Absent: all of others
   * @param since when what took the new ones began
   */
  async look(process: number | undefined, since: number): Promise<void> {
    const { rows } = await (process === undefined
      ? this.#observer.query<Seen>(locksQuery + ofOthers)
      : this.#observer.query<Seen>(`${locksQuery} AND l.pid = $1`, [process]))
    for (const { id, table, mode } of rows) {
      if (!this.#before.has(id)) continue
      const key = `${mode} ${table}`
      if (!this.#open.has(key)) this.#open.set(key, { table, mode, since })
    }
  }

  /** The transaction is over. */
  end(): void {
    const now = performance.now()
    for (const { table, mode, since } of this.#open.values())
      this.#held.push({ table, mode, milliseconds: now - since })
    this.#open.clear()
  }

  /** The longest of each mode on each table, the strongest first; reading is passed over. */
  locks(): readonly TableLock[] {
    const longest = new Map<string, Held>()
    for (const held of this.#held) {
      const key = `${held.mode} ${held.table}`
      if (held.milliseconds > (longest.get(key)?.milliseconds ?? 0)) longest.set(key, held)
    }
    return [...longest.values()]
      .filter(({ mode }) => modes.indexOf(mode) > 1)
      .sort(compare)
      .map((held) => ({ ...held, blocks: blocking(held.mode) }))
  }

  /** Tables that are kept in other files now. */
  async rewritten(): Promise<readonly string[]> {
    const { files, names } = await readFiles(this.#observer)
    return [...files].flatMap(([id, file]) => {
      const before = this.#before.get(id)
      return before === undefined || before === file ? [] : [names.get(id) ?? '']
    })
  }
}

function compare(left: Held, right: Held): number {
  return modes.indexOf(right.mode) - modes.indexOf(left.mode) || right.milliseconds - left.milliseconds
}

function blocking(mode: string): TableLock['blocks'] {
  if (mode === 'AccessExclusiveLock') return 'reads and writes'
  return modes.indexOf(mode) >= modes.indexOf('ShareLock') ? 'writes' : 'nothing'
}

async function readFiles(client: Client): Promise<{ files: TableFiles; names: ReadonlyMap<string, string> }> {
  const { rows } = await client.query<{ id: string; name: string; file: string }>(filesQuery)
  return {
    files: new Map(rows.map(({ id, file }) => [id, file])),
    names: new Map(rows.map(({ id, name }) => [id, name])),
  }
}
