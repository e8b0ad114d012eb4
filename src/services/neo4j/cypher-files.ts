import { IsolaneError } from '../../core/errors.ts'
import { failureCode, type StepFile, type StepPurpose } from '../../core/template-steps.ts'
import { ShellCommand, type Statement, statements } from './cypher-splitter.ts'
import { HostError } from './host-client.ts'
import type { RunStatement } from './template.ts'

/** Of files with Cypher. */
export const cypherExtensions = ['.cypher', '.cql', '.cyp']

/** Runs one file: each statement is its own transaction. */
export async function runCypherFile(file: StepFile, run: RunStatement, purpose: StepPurpose): Promise<void> {
  let current: Statement | undefined
  try {
    for (const statement of statements(file.text)) {
      current = statement
      await run(statement.text)
    }
  } catch (error) {
    throw cypherFailure(file, current, error, purpose)
  }
}

function cypherFailure(
  file: StepFile,
  statement: Statement | undefined,
  error: unknown,
  purpose: StepPurpose,
): unknown {
  const code = failureCode(purpose)
  if (error instanceof ShellCommand) {
    return new IsolaneError({
      code,
      message: `${file.path}:${lineOf(file.text, error.offset)} has ${error.message}`,
      remedy: `remove it, or run the file with \`command: 'cypher-shell -f …'\` as the ${purpose} option`,
      cause: error,
    })
  }
  if (!isServerError(error)) return error
  // Neo4j says where in the statement it stumbled.
  const within = /\(line (\d+), column \d+/.exec(error.message)
  const line = lineOf(file.text, statement?.offset ?? 0) + Number(within?.[1] ?? 1) - 1
  const [first = '', ...rest] = error.message.split('\n')
  return new IsolaneError({
    code,
    message: `${file.path}:${line} failed: ${first.replace(/ ?\(line \d+, column \d+.*$/, '')}`,
    remedy: `correct the ${purpose === 'seed' ? 'seed' : 'migration'}`,
    output: [error.code, ...rest].join('\n'),
    cause: error,
  })
}

/** What the host program passes on, or what the driver throws: both carry Neo4j's own code. */
function isServerError(error: unknown): error is Error & { code: string } {
  if (error instanceof HostError) return true
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Neo.')
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}
