import { statSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { DatabaseSync } from 'node:sqlite'
import { IsolaneError, messageOf } from '../core/errors.ts'

export type SqliteValue = null | bigint | number | string | Uint8Array

/** A SQLite file, of which only this one moment is seen, whoever writes to it. */
export class SqliteFile implements Disposable {
  readonly path: string
  /** Texts are read as their bytes, so that what is no text is noticed. */
  readonly utf8: boolean
  readonly #database: DatabaseSync

  /** @throws ISOLANE_OPTION_INVALID for what is no SQLite database */
  constructor(path: string) {
    this.path = path
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw unusable(path, 'there is no such file')
    try {
      this.#database = new (sqlite().DatabaseSync)(path, { readOnly: true })
      this.#database.exec('PRAGMA busy_timeout = 5000; BEGIN')
      this.utf8 = this.all<{ encoding: string }>('PRAGMA encoding')[0]?.encoding === 'UTF-8'
      this.all('SELECT count(*) FROM sqlite_schema')
    } catch (error) {
      throw unusable(path, messageOf(error), error)
    }
  }

  all<Row>(sql: string, ...values: (string | number)[]): readonly Row[] {
    const statement = this.#database.prepare(sql)
    return statement.all(...values) as Row[]
  }

  /** Each row as its values; integers as they are, however large. */
  *rows(sql: string): IterableIterator<readonly SqliteValue[]> {
    const statement = this.#database.prepare(sql)
    statement.setReadBigInts(true)
    // With arrays, columns may have one name.
    statement.setReturnArrays(true)
    yield* statement.iterate() as unknown as IterableIterator<readonly SqliteValue[]>
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }
}

/** A name in a statement for SQLite. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Not imported as a module: Node says that its SQLite is experimental, which is none of the user's business. */
function sqlite(): typeof import('node:sqlite') {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return createRequire(import.meta.url)('node:sqlite') as typeof import('node:sqlite')
  } finally {
    process.emitWarning = emitWarning
  }
}

function unusable(path: string, why: string, cause?: unknown): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `${path} can not be read as a SQLite database (${why})`,
    remedy: 'name the file of one',
    cause,
  })
}
