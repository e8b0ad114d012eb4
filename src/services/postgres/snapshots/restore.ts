import type { StateReader, StateSummary } from '../../../core/contracts.ts'
import { isIsolaneError } from '../../../core/errors.ts'
import { Pipe } from './pipe.ts'
import { dumpFile } from './save.ts'
import { adaptScript } from './script.ts'
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
 * @param owner whom the lane belongs to here
 * @throws ISOLANE_SNAPSHOT_DAMAGED, or what the programs said as an `Error`
 */
export async function restoreDump(
  tools: Tools,
  database: string,
  owner: string,
  files: StateReader,
  { details }: StateSummary,
): Promise<void> {
  const pipe = new Pipe()
  const changes = details.owner && details.owner !== owner ? { roles: { from: details.owner, to: owner } } : {}
  const reading = tools
    .run({
      program: 'pg_restore',
      arguments: restoreArguments,
      database,
      input: files.read(dumpFile),
      output: (piece) => pipe.push(piece),
    })
    .then(
      () => pipe.end(),
      (error: unknown) => {
        pipe.fail(error)
        throw error
      },
    )
  const filling = tools
    .run({ program: 'psql', arguments: psqlArguments, database, input: adaptScript(pipe.pieces, changes) })
    .catch((error: unknown) => {
      // Where it did not even begin, the other must not wait for it.
      pipe.fail(error)
      throw error
    })
  // Damage shows at the end of what is read, if not before: both go on to their ends, and damage says more than they do.
  const results = await Promise.allSettled([reading, filling])
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
  if (failures.length > 0) throw failures.find((failure) => isIsolaneError(failure)) ?? failures.at(-1)
}
