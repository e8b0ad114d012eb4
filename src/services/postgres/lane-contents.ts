import type { Client } from 'pg'
import { bookkeeping } from '../../core/bookkeeping.ts'
import { IsolaneError, messageOf } from '../../core/errors.ts'
import { identifier } from './sql.ts'

/** What belongs to an extension is no data of the user's; partitions count with the table that they are parts of. */
const tablesQuery = `
SELECT n.nspname AS schema, c.relname AS name, c.relkind = 'p' AS partitioned
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'isolane') AND n.nspname NOT LIKE 'pg\\_toast%'
  AND c.relname <> ALL ($1)
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1, 2`

interface Table {
  readonly schema: string
  readonly name: string
  readonly partitioned: boolean
}

/**
 * A line for each table that holds rows.
 * @throws ISOLANE_OPTION_INVALID for a table whose rows the lane's user may not all see
 */
export async function contents(client: Client): Promise<string[]> {
  // Rows that a policy hides from the tables' own owner would be no rows to us: better an error.
  await client.query('SET row_security = off')
  const { rows: tables } = await client.query<Table>(tablesQuery, [bookkeeping])
  const lines: string[] = []
  for (const table of tables) {
    const count = await countRows(client, table)
    if (count !== '0') lines.push(`${table.schema}.${table.name}: ${count} ${count === '1' ? 'row' : 'rows'}`)
  }
  return lines
}

async function countRows(client: Client, { schema, name, partitioned }: Table): Promise<string> {
  try {
    const { rows } = await client.query<{ count: string }>(
      `SELECT count(*) AS count FROM ${partitioned ? '' : 'ONLY'} ${identifier(schema)}.${identifier(name)}`,
    )
    return rows[0]?.count ?? '0'
  } catch (error) {
    throw new IsolaneError({
      code: 'ISOLANE_OPTION_INVALID',
      message: `The rows of ${schema}.${name} can't be counted (${messageOf(error)})`,
      remedy: "look into it with a query of the test's own, in place of `expectEmpty`",
      cause: error,
    })
  }
}
