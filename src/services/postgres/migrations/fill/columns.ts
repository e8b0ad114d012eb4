import { messageOf } from '../../../../core/errors.ts'
import type { Client } from '../../client.ts'
import { identifier } from '../../sql.ts'
import type { Table } from './catalogue.ts'
import { choose } from './choose.ts'
import { joinParents } from './parents.ts'
import type { Types } from './types.ts'

/**
 * Gives values to columns in which no row has one: those that were added since the rows were made.
 * @returns why some stay empty
 */
export async function fillColumns(
  client: Client,
  table: Table,
  types: Types,
  spared: ReadonlySet<string>,
): Promise<readonly string[]> {
  const open = table.columns.filter(
    ({ name, computed, required, defaulted }) =>
      !computed && !required && !defaulted && !spared.has(`${table.rootName}.${name}`),
  )
  if (open.length === 0) return []
  const counts = open.map(({ name }) => `count(${identifier(name)})`).join(', ')
  const { rows } = await client.query<string[]>({
    text: `SELECT count(*), ${counts} FROM ONLY ${table.quoted}`,
    rowMode: 'array',
  })
  const [all, ...filled] = rows[0] ?? []
  if (all === '0') return []
  const reasons: string[] = []
  for (const column of open.filter((_, index) => filled[index] === '0')) {
    const { joins, values, empty } = await joinParents(client, table)
    if (empty.has(column.name)) continue
    const name = identifier(column.name)
    const value = values.get(column.name) ?? (await choose(client, table, column, types))?.('g.i')
    if (value === undefined) {
      reasons.push(`no value is known for ${column.name} (${column.type})`)
      continue
    }
    await client
      .query(
        `UPDATE ONLY ${table.quoted} isolane_t SET ${name} = made.value
         FROM (SELECT g.id, (${value})::${column.type} AS value
               FROM (SELECT ctid AS id, (row_number() OVER ())::int AS i FROM ONLY ${table.quoted}) g ${joins}
               WHERE g.i % 10 <> 0 OR g.i = 1) made
         WHERE isolane_t.ctid = made.id`,
      )
      .catch((error: unknown) => reasons.push(`${column.name} stays empty: ${messageOf(error).split('\n')[0]}`))
  }
  return reasons
}
