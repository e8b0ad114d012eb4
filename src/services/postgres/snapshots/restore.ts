import type { StateReader } from '../../../core/contracts.ts'
import { isIsolaneError } from '../../../core/errors.ts'
import { Pipe } from './pipe.ts'
import { dumpFile } from './save.ts'
import { adaptScript, type RoleChange } from './script.ts'
import type { Tools } from './tools.ts'

const restoreArguments = ['--format=custom', '--no-tablespaces', '--file=-']

const psqlArguments = [
  '--no-psqlrc',
  '--quiet',
  '--no-password',
  '--single-transaction',
  '--set=ON_ERROR_STOP=1',
  '--file=-',
]

/**
 * Fills an empty database with what was dumped: all of it, or nothing.
 * @param roles who is called otherwise here
 * @throws ISOLANE_SNAPSHOT_DAMAGED, or what the programs said as an `Error`
 */
export async function restoreDump(
  tools: Tools,
  database: string,
  roles: readonly RoleChange[],
  files: StateReader,
): Promise<void> {
  const pipe = new Pipe()
  const ending = new AbortController()
  // What failed first says why, and the other one need not go on.
  const fail = (error: unknown): never => {
    ending.abort(error)
    pipe.fail(error)
    throw error
  }
  const reading = tools
    .run({
      program: 'pg_restore',
      arguments: restoreArguments,
      database,
      input: files.read(dumpFile),
      output: (piece) => pipe.push(piece),
      signal: ending.signal,
    })
    .then(() => pipe.end(), fail)
  const filling = tools
    .run({
      program: 'psql',
      arguments: psqlArguments,
      database,
      input: adaptScript(pipe.pieces, { roles }),
      signal: ending.signal,
    })
    .catch(fail)
  // Programs that do not like what they read go on to its end, where damage shows, which says more than they do.
  const results = await Promise.allSettled([reading, filling])
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
  if (failures.length > 0) throw failures.find((failure) => isIsolaneError(failure)) ?? ending.signal.reason
}
