import type { Unfilled } from '../../../../core/contracts.ts'
import { messageOf } from '../../../../core/errors.ts'
import type { Client } from '../../client.ts'
import { readTables, type Table } from './catalogue.ts'
import { fillColumns } from './columns.ts'
import { RowMaker } from './row-maker.ts'
import { readTypes, type Types } from './types.ts'

/** How often rows are made that other conditions may refuse. */
const rounds = 8

/** Rows that one statement makes at most. */
const most = 100_000

/** Fills every table, those first that others point to. @param rows of each; partitions of a table share them @param spared as of `MigrationSession.fill` */
export async function fillTables(
  client: Client,
  rows: number,
  spared: ReadonlySet<string>,
): Promise<readonly Unfilled[]> {
  const [types, tables] = [await readTypes(client), await readTables(client)]
  const unfilled: Unfilled[] = []
  const ours = tables.filter(({ rootName }) => !spared.has(rootName))
  for (const table of ours) {
    const parts = ours.filter(({ rootId }) => rootId === table.rootId).length
    const reason = await fillTable(client, table, Math.ceil(rows / parts), types)
    if (reason !== undefined) unfilled.push({ table: table.name, reason })
  }
  // Tables that point to each other can do so now.
  for (const table of ours) {
    for (const reason of await fillColumns(client, table, types, spared)) unfilled.push({ table: table.name, reason })
  }
  return unfilled
}

/** @returns why it has fewer rows than were wanted */
async function fillTable(client: Client, table: Table, rows: number, types: Types): Promise<string | undefined> {
  const before = await countRows(client, table)
  if (before >= rows) return undefined
  const maker = await RowMaker.of(client, table, types)
  if ('reason' in maker) return maker.reason
  let [count, number, failure] = [before, before, '']
  for (let round = 0, idle = 0; count < rows && round < rounds + rows / most && idle < 3; round += 1) {
    const wanted = Math.min(most, Math.max(rows - count, Math.min(rows, 200)))
    try {
      await client.query(maker.insert(number + 1, number + wanted, rows - count, round % 2 === 1))
    } catch (error) {
      failure = messageOf(error).split('\n')[0] ?? ''
    }
    number += wanted
    const now = await countRows(client, table)
    idle = now > count ? 0 : idle + 1
    count = now
  }
  if (count >= rows) return undefined
  const why = failure || 'more would break its unique keys or its conditions'
  return `it has ${count} of ${rows} rows: ${why}`
}

async function countRows(client: Client, { quoted }: Table): Promise<number> {
  const { rows } = await client.query<{ count: string }>(`SELECT count(*) AS count FROM ONLY ${quoted}`)
  return Number(rows[0]?.count)
}
