import { createHash } from 'node:crypto'
import type { Client } from '../services/postgres/client.ts'
import { identifier } from '../services/postgres/sql.ts'
import type { TablePlan } from './plan.ts'
import type { SqliteFile } from './sqlite-file.ts'
import { readRows } from './values.ts'

/** How many rows are asked for at once. */
const page = 5_000

export interface Comparison {
  readonly rows: number
  /** What is on one side alone; absent when all is on both. */
  readonly difference?: string
}

/** Compares a table's rows on both sides, value by value, whatever their order. */
export async function compareRows(client: Client, file: SqliteFile, plan: TablePlan): Promise<Comparison> {
  const before = summaryOf(rowsBefore(file, plan))
  const after = await summaryAfter(client, plan)
  if (before.count === after.count && before.digest === after.digest) return { rows: before.count }
  return {
    rows: before.count,
    difference: `${before.count} rows (${before.digest}) before, ${after.count} (${after.digest}) after`,
  }
}

interface Summary {
  readonly count: number
  readonly digest: string
}

type Row = readonly (string | null)[]

/** The sum of all rows' digests, which is the same in any order. */
class Digest {
  #sum = 0n
  #count = 0

  add(row: Row): void {
    this.#count += 1
    const digest = createHash('sha256').update(JSON.stringify(row)).digest('hex')
    this.#sum = BigInt.asUintN(256, this.#sum + BigInt(`0x${digest}`))
  }

  summary(): Summary {
    return { count: this.#count, digest: this.#sum.toString(16).padStart(64, '0').slice(0, 16) }
  }
}

function summaryOf(rows: Iterable<Row>): Summary {
  const digest = new Digest()
  for (const row of rows) digest.add(row)
  return digest.summary()
}

function* rowsBefore(file: SqliteFile, { table, types }: TablePlan): IterableIterator<Row> {
  const columns = [...types.values()]
  for (const row of readRows(file, table.name, [...types.keys()])) {
    yield row.map((value, at) => (value === null ? null : (columns[at]?.before(value) ?? null)))
  }
}

async function summaryAfter(client: Client, { name, types }: TablePlan): Promise<Summary> {
  const columns = [...types.entries()]
  const digest = new Digest()
  const asked = columns.map(([column]) => `${identifier(column)}::text`).join(', ')
  await client.query(`DECLARE imported NO SCROLL CURSOR FOR SELECT ${asked} FROM ONLY ${name}`)
  for (;;) {
    const { rows } = await client.query<(string | null)[]>({ text: `FETCH ${page} FROM imported`, rowMode: 'array' })
    for (const row of rows) {
      digest.add(row.map((text, at) => (text === null ? null : (columns[at]?.[1].after(text) ?? null))))
    }
    if (rows.length < page) break
  }
  await client.query('CLOSE imported')
  return digest.summary()
}
