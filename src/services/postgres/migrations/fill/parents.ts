import type { Client } from '../../client.ts'
import { identifier } from '../../sql.ts'
import type { ForeignKey, Table } from './catalogue.ts'

/** Rows of a parent that its children take turns with. */
const taken = 10_000

/** What a statement that makes rows joins to its numbers, so that foreign keys hold. */
export interface Parents {
  /** To stand behind `FROM … AS g (i)`. */
  readonly joins: string
  /** By column: where its value comes from. */
  readonly values: ReadonlyMap<string, string>
  /** Parents without rows, by the column that needs them. */
  readonly empty: ReadonlyMap<string, string>
}

export async function joinParents(client: Client, { foreignKeys }: Table): Promise<Parents> {
  const joins: string[] = []
  const values = new Map<string, string>()
  const empty = new Map<string, string>()
  for (const [index, foreignKey] of foreignKeys.entries()) {
    const { columns, parentColumns, parentName } = foreignKey
    if (columns.every((column) => values.has(column))) continue
    const count = await countParents(client, foreignKey)
    if (count === 0) for (const column of columns) empty.set(column, parentName)
    const alias = `p${index}`
    const shared = columns.flatMap((column, place) => {
      const value = values.get(column)
      return value === undefined ? [] : [`q.${identifier(parentColumns[place] ?? '')} = ${value}`]
    })
    const selected = parentColumns.map((column) => `q.${identifier(column)}`).join(', ')
    joins.push(
      shared.length === 0
        ? `LEFT JOIN (${numbered(foreignKey, selected)}) ${alias} ON ${alias}.isolane_n = (g.i + g.i / ${Math.max(count, 1)} * ${index}) % ${Math.max(count, 1)}`
        : `LEFT JOIN LATERAL (SELECT ${selected} FROM ${foreignKey.parent} q WHERE ${shared.join(' AND ')} LIMIT 1) ${alias} ON true`,
    )
    for (const [place, column] of columns.entries()) {
      if (!values.has(column)) values.set(column, `${alias}.${identifier(parentColumns[place] ?? '')}`)
    }
  }
  return { joins: joins.join(' '), values, empty }
}

function numbered(foreignKey: ForeignKey, selected: string): string {
  return `SELECT row_number() OVER () - 1 AS isolane_n, ${selected} FROM ${complete(foreignKey)} LIMIT ${taken}`
}

async function countParents(client: Client, foreignKey: ForeignKey): Promise<number> {
  const text = `SELECT count(*)::int AS count FROM (SELECT FROM ${complete(foreignKey)} LIMIT ${taken}) rows_there`
  const { rows } = await client.query<{ count: number }>(text)
  return rows[0]?.count ?? 0
}

/** Rows that can be pointed to. */
function complete({ parent, parentColumns }: ForeignKey): string {
  return `${parent} q WHERE ${parentColumns.map((column) => `q.${identifier(column)} IS NOT NULL`).join(' AND ')}`
}
