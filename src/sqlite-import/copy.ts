import type { Client } from '../services/postgres/client.ts'
import { identifier } from '../services/postgres/sql.ts'
import type { TablePlan } from './plan.ts'
import type { SqliteFile } from './sqlite-file.ts'
import { readRows } from './values.ts'

/** How many rows, and characters of text, go in one statement. */
const most = { rows: 5_000, characters: 4_000_000 }

/** Copies all rows of a table. */
export async function copyRows(client: Client, file: SqliteFile, { table, name, types }: TablePlan): Promise<void> {
  const columns = [...types.entries()]
  if (columns.length === 0) return
  const names = columns.map(([column]) => identifier(column)).join(', ')
  const sources = columns.map((_, at) => `$${at + 1}::text[]`).join(', ')
  const values = columns.map(([, { sql }], at) => `r.c${at}::${sql}`).join(', ')
  const aliases = columns.map((_, at) => `c${at}`).join(', ')
  // A cast to a length would cut off what is longer; none is, or the type had no length.
  const text = `INSERT INTO ${name} (${names}) SELECT ${values} FROM unnest(${sources}) AS r (${aliases})`
  let batch: (string | null)[][] = columns.map(() => [])
  let [rows, characters] = [0, 0]
  const flush = async () => {
    if (rows > 0) await client.query(text, batch)
    batch = columns.map(() => [])
    rows = 0
    characters = 0
  }
  for (const row of readRows(
    file,
    table.name,
    columns.map(([column]) => column),
  )) {
    for (const [at, value] of row.entries()) {
      const written = value === null ? null : (columns[at]?.[1].write(value) ?? null)
      batch[at]?.push(written)
      characters += written?.length ?? 0
    }
    rows += 1
    if (rows >= most.rows || characters >= most.characters) await flush()
  }
  await flush()
}
