import type { StateSummary, StateWriter } from '../../../core/contracts.ts'
import type { MigrationRecord } from '../../../core/pending-migrations.ts'
import type { Server } from '../server.ts'
import { lockPatience, Moment } from './moment.ts'
import { Pipe } from './pipe.ts'
import type { Tools } from './tools.ts'

/** Files of a saved lane. */
export const dumpFile = 'dump'
export const besideFile = 'beside'

/** Not compressed, as everything that is written is. Subscriptions hold passwords, and would follow other servers. */
const dumpArguments = [
  '--format=custom',
  '--compress=0',
  '--no-password',
  '--no-subscriptions',
  `--lock-wait-timeout=${lockPatience}`,
]

/**
 * Writes what a database is at one moment, and tells of it.
 * @param record what it was made with, where that is known
 * @throws ISOLANE_SNAPSHOT_REFUSED where it holds a password
 */
export function saveDatabase(
  server: Server,
  tools: Tools,
  database: string,
  files: StateWriter,
  record?: MigrationRecord,
): Promise<StateSummary> {
  return Moment.of(server, database, async (moment) => {
    await moment.refuseSecrets()
    const name = await moment.export()
    const beside = await moment.besideDump()
    await dump(tools, database, name, files)
    await files.write(besideFile, [Buffer.from(JSON.stringify({ ...beside, record }))])
    const contents = await moment.contents(beside)
    await contents.write(files)
    return moment.summary(contents, beside.schema, tools.name)
  })
}

/** Has `pg_dump` write a database as it was at the moment that has this name. */
async function dump(tools: Tools, database: string, moment: string, files: StateWriter): Promise<void> {
  const pipe = new Pipe()
  const ending = new AbortController()
  const dumping = tools
    .run({
      program: 'pg_dump',
      arguments: [...dumpArguments, `--snapshot=${moment}`],
      database,
      output: (piece) => pipe.push(piece),
      signal: ending.signal,
    })
    .then(
      () => pipe.end(),
      (error: unknown) => {
        pipe.fail(error)
        throw error
      },
    )
  const writing = files.write(dumpFile, pipe.pieces).catch((error: unknown) => {
    ending.abort(error)
    throw error
  })
  const [written, dumped] = await Promise.allSettled([writing, dumping])
  // What ended first says why.
  if (dumped.status === 'rejected' && !ending.signal.aborted) throw dumped.reason
  if (written.status === 'rejected') throw written.reason
}
