import type { Client } from '../../client.ts'
import { identifier } from '../../sql.ts'
import type { Column, Table } from './catalogue.ts'
import { type Choice, choose } from './choose.ts'
import { joinParents, type Parents } from './parents.ts'
import type { Types } from './types.ts'

/** Of columns that need no value, each tenth row has none. */
const withoutValue = 10

/** Makes the statements that add rows to one table. */
export class RowMaker {
  readonly #table: Table
  readonly #parents: Parents
  readonly #choices: ReadonlyMap<Column, Choice>

  private constructor(table: Table, parents: Parents, choices: ReadonlyMap<Column, Choice>) {
    this.#table = table
    this.#parents = parents
    this.#choices = choices
  }

  /** @returns why not, where no values are known that the table must have */
  static async of(client: Client, table: Table, types: Types): Promise<RowMaker | { readonly reason: string }> {
    const parents = await joinParents(client, table)
    const choices = new Map<Column, Choice>()
    for (const column of table.columns) {
      if (!isGiven(column, parents)) continue
      const parent = parents.empty.get(column.name)
      if (parent !== undefined && column.required) {
        return { reason: `${column.name} must point to a row of ${parent}, which has none` }
      }
      const choice = parents.values.has(column.name) ? undefined : await choose(client, table, column, types)
      if (choice) choices.set(column, choice)
      else if (column.required && !parents.values.has(column.name)) {
        return { reason: `no value is known for ${column.name} (${column.type})` }
      }
    }
    return new RowMaker(table, parents, choices)
  }

  /**
   * @param limit the most rows that shall come of the numbers
   * @param falling values of later columns are the smaller ones, rather than the greater ones
   */
  insert(from: number, to: number, limit: number, falling: boolean): string {
    const { quoted, columns, checks } = this.#table
    const given = columns.filter((column) => this.#choices.has(column) || this.#parents.values.has(column.name))
    const names = given.map(({ name }) => identifier(name)).join(', ')
    const made = given.map((column) => `${this.#value(column, falling)} AS ${identifier(column.name)}`).join(', ')
    // What the table itself has a value for can't be asked before.
    const askable = checks.filter((check) =>
      columns.every((column) => given.includes(column) || !check.includes(column.name)),
    )
    const where = askable.map((check) => `(${check}) IS NOT FALSE`).join(' AND ') || 'true'
    return `INSERT INTO ${quoted} ${names === '' ? '' : `(${names})`} SELECT ${names} FROM (
      SELECT ${made} FROM generate_series(${from}::int, ${to}::int) AS g (i) ${this.#parents.joins}) isolane_made
      WHERE ${where} LIMIT ${limit} ON CONFLICT DO NOTHING`
  }

  #value(column: Column, falling: boolean): string {
    const number = falling ? `g.i + ${this.#table.columns.length} - ${column.number}` : `g.i + ${column.number}`
    const value = this.#parents.values.get(column.name) ?? this.#choices.get(column)?.(number) ?? 'NULL'
    const typed = `(${value})::${column.type}`
    return column.required ? typed : `CASE WHEN (${number}) % ${withoutValue} <> 0 THEN ${typed} END`
  }
}

/** Whether we give it a value. What has a default is left to that, unless it must point to something. */
function isGiven({ name, computed, defaulted }: Column, { values }: Parents): boolean {
  return !computed && (!defaulted || values.has(name))
}
