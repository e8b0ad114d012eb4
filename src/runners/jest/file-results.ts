import type { FileResult } from '../../matrix/add-results.ts'
import { type DefinedTest, nameOf, testsOfFile } from './circus.ts'

/** What the file's tests came to. Jest runs no hooks in a file without a test to run, so nothing is told of such a one. */
export function fileResults(): readonly FileResult[] {
  return testsOfFile().map((test) => {
    const result = { name: nameOf(test), status: statusOf(test), milliseconds: test.duration ?? 0 } as const
    return result.status === 'failed' ? { ...result, failure: test.errors.map(messageOf).join('\n') } : result
  })
}

function statusOf({ status, errors }: DefinedTest): FileResult['status'] {
  if (errors.length > 0) return 'failed'
  return status === 'done' ? 'passed' : 'skipped'
}

/** Jest keeps what was thrown with an error that knows where. Each may be of another context, and so of another `Error`. */
function messageOf(error: unknown): string {
  const [thrown, asynchronous] = Array.isArray(error) ? error : [error]
  const { message } = ((thrown || asynchronous) ?? {}) as { readonly message?: unknown }
  return String(message ?? thrown)
}
