import { IsolaneError, isIsolaneError } from '../../../core/errors.ts'
import type { StepFile } from '../../../core/template-steps.ts'
import { connect, sqlState } from '../client.ts'
import { commentStatement, type Marker } from '../marker.ts'
import type { PostgresLane } from '../options.ts'
import { runSqlFile, runStatement, sqlFailure } from '../sql-files.ts'
import { type Statement, statements } from '../sql-splitter.ts'
import { controlParts } from '../transaction-control.ts'

/** It must not be in a transaction; it ends transactions itself; or it uses a value that was just added to an enumeration. */
const alone = ['25001', '2D000', '55P04']

/**
 * Runs a migration on data that stay, and says so in the database's marker: both or neither. What the server does in no
 * transaction, and a file that begins its own, are run as templates are: statement by statement, and then the marker.
 * @param lane as the owner's
 * @throws ISOLANE_MIGRATION_FAILED
 */
export async function runMigration(lane: PostgresLane, file: StepFile, marker: Marker): Promise<void> {
  if (controlParts(file.text) || !(await runTogether(lane, file, marker))) await runAlone(lane, file, marker)
}

/** @returns `false` for what takes no transaction: nothing has happened then */
async function runTogether(lane: PostgresLane, file: StepFile, marker: Marker): Promise<boolean> {
  const client = await connect(lane, lane.database)
  let current: Statement | undefined
  try {
    await client.query('BEGIN')
    for (const statement of statements(file.text)) {
      current = statement
      await runStatement(client, statement)
    }
    // The migration may have ended as somebody who may not say that.
    await client.query(`RESET SESSION AUTHORIZATION; RESET ROLE; ${commentStatement(lane.database, marker)}; COMMIT`)
    return true
  } catch (error) {
    if (alone.includes(sqlState(error) ?? '')) return false
    throw sqlFailure(file, current, error, 'migrations')
  } finally {
    // Which takes back what is not committed.
    await client.end().catch(() => {})
  }
}

async function runAlone(lane: PostgresLane, file: StepFile, marker: Marker): Promise<void> {
  try {
    await runSqlFile(file, lane, lane.database, 'migrations')
  } catch (error) {
    throw isIsolaneError(error, 'ISOLANE_MIGRATION_FAILED') ? inPart(error) : error
  }
  const client = await connect(lane, lane.database)
  try {
    await client.query(commentStatement(lane.database, marker))
  } finally {
    await client.end()
  }
}

function inPart({ code, reason, output = '', cause }: IsolaneError): IsolaneError {
  const remedy = 'it takes no transaction, so take back by hand what stands above that line, and correct the migration'
  return new IsolaneError({ code, message: reason, remedy, output, cause })
}
