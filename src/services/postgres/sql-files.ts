import type pg from 'pg'
import { IsolaneError, messageOf } from '../../core/errors.ts'
import { failureCode, type StepFile, type StepPurpose } from '../../core/template-steps.ts'
import { type Access, type Client, connect } from './client.ts'
import { MetaCommand, type Statement, statements } from './sql-splitter.ts'

/**
 * Runs one file as `psql -f` would: a connection of its own, statement by statement, each its own transaction unless
 * the file says BEGIN. So `CREATE INDEX CONCURRENTLY`, `VACUUM` and the data in a dump's `COPY … FROM stdin` work.
 */
export async function runSqlFile(
  file: StepFile,
  access: Access,
  database: string,
  purpose: StepPurpose,
): Promise<void> {
  const client = await connect(access, database)
  let current: Statement | undefined
  try {
    for (const statement of statements(file.text)) {
      current = statement
      await runStatement(client, statement)
    }
  } catch (error) {
    throw sqlFailure(file, current, error, purpose)
  } finally {
    await client.end().catch(() => {})
  }
}

export async function runStatement(client: Client, statement: Statement): Promise<void> {
  await (statement.data === undefined ? client.query(statement.text) : copyIn(client, statement))
}

/** `pg` leaves COPY to those who implement its `Submittable`. */
function copyIn(client: Client, statement: Statement): Promise<void> {
  const data = Buffer.from(statement.data ?? '')
  return new Promise((resolve, reject) => {
    const submittable = {
      submit: (connection: pg.Connection) => connection.query(statement.text),
      handleCopyInResponse(connection: CopyConnection) {
        for (let start = 0; start < data.length; start += 65_536) {
          connection.sendCopyFromChunk(data.subarray(start, start + 65_536))
        }
        connection.endCopyFrom()
      },
      handleCommandComplete: () => {},
      handleError: reject,
      handleReadyForQuery: () => resolve(),
    }
    client.query(submittable)
  })
}

interface CopyConnection {
  sendCopyFromChunk(chunk: Buffer): void
  endCopyFrom(): void
}

/** Names the line, and quotes the server. */
export function sqlFailure(
  file: StepFile,
  statement: Statement | undefined,
  error: unknown,
  purpose: StepPurpose,
): IsolaneError {
  const code = failureCode(purpose)
  if (error instanceof MetaCommand) {
    return new IsolaneError({
      code,
      message: `${file.path}:${lineOf(file.text, error.offset)} has ${error.message}`,
      remedy: `remove it, or run the file with \`command: 'psql -f …'\` as the ${purpose} option`,
      cause: error,
    })
  }
  const server = error as Partial<Record<'position' | 'detail' | 'hint' | 'where' | 'code', string>>
  const within = server.position === undefined ? 0 : characters(statement?.text ?? '', Number(server.position) - 1)
  const line = lineOf(file.text, (statement?.offset ?? 0) + within)
  return new IsolaneError({
    code,
    message: `${file.path}:${line} failed: ${messageOf(error).split('\n')[0]}`,
    remedy: `correct the ${purpose === 'seed' ? 'seed' : 'migration'}`,
    output: [
      `at line ${line}: ${(file.text.split('\n')[line - 1] ?? '').trim().slice(0, 200)}`,
      server.code && `SQLSTATE ${server.code}`,
      server.detail && `detail: ${server.detail}`,
      server.hint && `hint: ${server.hint}`,
      server.where && `where: ${server.where}`,
    ]
      .filter(Boolean)
      .join('\n'),
    cause: error,
  })
}

/** The server counts characters, JavaScript counts UTF-16 units. */
function characters(text: string, count: number): number {
  return [...text].slice(0, count).join('').length
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}
