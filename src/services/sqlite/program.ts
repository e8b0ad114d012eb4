/**
 * Works on SQLite files, in a process of its own: the tests' own SQLite library may be loaded in the runner's process,
 * and two of them in one process undo each other's locks on a file. It also keeps long migrations, and Node's warning
 * that its SQLite is experimental, out of the runner.
 */
import { backup, DatabaseSync, type StatementSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { describeDatabase, measureDatabase } from './describe-database.ts'
import { fillTables } from './migrations/fill.ts'
import { stateOf } from './migrations/state.ts'
import type { Answer, Failure, Request, Work } from './protocol.ts'

/** How long another one's transaction is waited for, in milliseconds. */
const patience = 3_000

/** All pages at once: nobody gets in between. */
const allPages = 2 ** 31 - 1

/** Blanks and comments before a statement. */
const blank = /^(?:[\s;]+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))+/

process.on('message', async (request: Request) => {
  const answer: Answer = { ...(await perform(request)), id: request.id }
  process.send?.(answer)
})
process.on('disconnect', () => process.exit())

async function perform(work: Work): Promise<Omit<Answer, 'id'>> {
  try {
    return await begin(work)
  } catch (error) {
    return { failure: { message: messageOf(error) } }
  }
}

async function begin(work: Work): Promise<Omit<Answer, 'id'>> {
  switch (work.work) {
    case 'run':
      return answerWith(runScript(work.database, work.script))
    case 'copy':
      return answerWith(await copy(work.from, work.to))
    case 'describe':
      return { description: await using(work.database, (database) => describeDatabase(database, work.contents)) }
    case 'measure':
      return { measure: await using(work.database, measureDatabase) }
    case 'state':
      return { state: await using(work.database, stateOf) }
    case 'fill':
      return { unfilled: await using(work.database, (database) => fillTables(database, work.rows, work.spared)) }
  }
}

function answerWith(failure: Failure | undefined): Omit<Answer, 'id'> {
  return failure ? { failure } : {}
}

/** Statement by statement, each its own transaction unless the file says BEGIN, as the `sqlite3` shell does. */
function runScript(file: string, text: string): Failure | undefined {
  const database = open(file)
  let offset = text.startsWith('\ufeff') ? 1 : 0
  try {
    database.exec('PRAGMA synchronous = OFF')
    for (;;) {
      offset += blank.exec(text.slice(offset))?.[0].length ?? 0
      if (offset >= text.length) break
      const statement = nextStatement(database, text, offset)
      statement.all()
      offset += statement.sourceSQL.length
    }
    return database.isTransaction ? { message: 'it ends without the COMMIT of its last BEGIN' } : undefined
  } catch (error) {
    return { message: messageOf(error), line: text.slice(0, offset).split('\n').length }
  } finally {
    database.close()
  }
}

/** SQLite reads up to the end of a statement; it is given little at a time, as it copies all it is given. */
function nextStatement(database: DatabaseSync, text: string, offset: number): StatementSync {
  for (let length = 4_096; ; length *= 2) {
    const isRest = offset + length >= text.length
    try {
      const statement = database.prepare(text.slice(offset, offset + length))
      if (isRest || statement.sourceSQL.endsWith(';')) return statement
    } catch (error) {
      if (isRest) throw error
    }
  }
}

async function copy(from: string, to: string): Promise<Failure | undefined> {
  const source = open(from)
  const deadline = Date.now() + patience
  try {
    for (;;) {
      try {
        await backup(source, to, { rate: allPages })
        return undefined
      } catch (error) {
        if (!isLocked(error)) throw error
        if (Date.now() > deadline) return { message: 'database is locked', locked: true }
      }
      await delay(20)
    }
  } finally {
    source.close()
  }
}

async function using<Result>(file: string, act: (database: DatabaseSync) => Result | Promise<Result>): Promise<Result> {
  const database = open(file)
  try {
    return await act(database)
  } finally {
    database.close()
  }
}

function open(file: string): DatabaseSync {
  return new DatabaseSync(file, { timeout: patience })
}

/** SQLITE_BUSY and SQLITE_LOCKED; Node says 0 for either when it is the target of a backup that is locked. */
function isLocked(error: unknown): boolean {
  const code = (error as { errcode?: number }).errcode
  return code !== undefined && [0, 5, 6].includes(code & 0xff)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
