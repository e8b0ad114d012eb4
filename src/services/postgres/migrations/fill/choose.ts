import type { Client } from '../../client.ts'
import { identifier, literal } from '../../sql.ts'
import type { Column, Table } from './catalogue.ts'
import type { Type, Types } from './types.ts'
import { oneOf, valuesOf } from './values.ts'

/** How many numbers a way of making values is tried with, small ones and large ones. */
const samples = 200

/** Makes an expression for a value of a column of a number. */
export type Choice = (n: string) => string

/**
 * How values of a column are made: as its type has them, unless they break the conditions on it; then from what the
 * conditions themselves name.
 * @returns `undefined` when no way is known
 */
export async function choose(client: Client, table: Table, column: Column, types: Types): Promise<Choice | undefined> {
  const type = types.get(column.typeId)
  if (!type) return undefined
  const ways = valuesOf(type, column.modifier, 'n', types).map(
    (_, index): Choice =>
      (n) =>
        valuesOf(type, column.modifier, n, types)[index] ?? 'NULL',
  )
  const conditions = conditionsOn(table, column)
  const domain = domainChecks(type, types)
  if (conditions.length + domain.length === 0) return ways[0]
  const test = new Test(
    client,
    column,
    types.get(type.kind === 'd' ? type.base : type.id)?.text ?? '',
    conditions,
    domain,
  )
  let best: { readonly way: Choice; readonly good: number } | undefined
  for (const way of ways) {
    const good = await test.good(way)
    if (good === samples) return way
    if (good > (best?.good ?? 0)) best = { way, good }
  }
  // Of a column without repetition a few constants would make a few rows. A domain refuses what is not allowed, though.
  if (best && column.unique && domain.length === 0) return best.way
  const constants = await test.allowed(constantsIn([...conditions, ...domain].join(' ')))
  if (constants.length > 0) return (n) => oneOf(constants, n)
  return domain.length === 0 ? best?.way : undefined
}

/** Those that name no other column. */
function conditionsOn({ checks, columns }: Table, { name }: Column): string[] {
  const mentions = (check: string, column: string) => {
    const quoted = identifier(column)
    const plain = /^[a-z_][a-z0-9_$]*$/.test(column) ? `|(?<![\\w"'$])${escaped(column)}(?![\\w"'$])` : ''
    return new RegExp(`${escaped(quoted)}${plain}`).test(check.replaceAll(/'(?:[^']|'')*'/g, "''"))
  }
  return checks.filter(
    (check) => mentions(check, name) && !columns.some((each) => each.name !== name && mentions(check, each.name)),
  )
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

function domainChecks(type: Type, types: Types): readonly string[] {
  const base = type.kind === 'd' ? types.get(type.base) : undefined
  return base ? [...type.checks, ...domainChecks(base, types)] : []
}

class Test {
  readonly #client: Client
  readonly #column: Column
  readonly #base: string
  readonly #conditions: readonly string[]
  readonly #domain: readonly string[]

  constructor(client: Client, column: Column, base: string, conditions: readonly string[], domain: readonly string[]) {
    this.#client = client
    this.#column = column
    this.#base = base
    this.#conditions = conditions
    this.#domain = domain
  }

  /** How many of the samples are allowed. */
  async good(way: Choice): Promise<number> {
    const text = `SELECT count(*)::int AS good FROM generate_series(1, ${samples}) AS g (i),
      LATERAL (SELECT CASE WHEN g.i % 2 = 0 THEN g.i ELSE g.i * 500 END AS n) numbers, LATERAL (SELECT ${way('numbers.n')} AS made) m`
    try {
      const { rows } = await this.#client.query<{ good: number }>(`${text} WHERE ${this.#condition('m.made')}`)
      return rows[0]?.good ?? 0
    } catch {
      // Such as a value that the column's type refuses.
      return 0
    }
  }

  /** Of some texts those that are values of the column, and allowed. */
  async allowed(texts: readonly string[]): Promise<readonly string[]> {
    const allowed: string[] = []
    for (const text of texts) {
      const condition = this.#condition(`${literal(text)}::text`)
      const { rows } = await this.#client
        .query<{ ok: boolean }>(`SELECT ${condition} AS ok`)
        .catch(() => ({ rows: [] }))
      if (rows[0]?.ok) allowed.push(text)
    }
    return allowed
  }

  /** The server's own words for its conditions, on a row of just that column. */
  #condition(value: string): string {
    const all = (checks: readonly string[]) => checks.map((check) => `(${check}) IS NOT FALSE`).join(' AND ') || 'true'
    const domain = `SELECT ${all(this.#domain)} AS ok FROM (SELECT (${value})::${this.#base} AS "value") d`
    const row = `SELECT ${all(this.#conditions)} AS ok FROM (SELECT (${value})::${this.#column.type} AS ${identifier(this.#column.name)}) r`
    return this.#conditions.length === 0 ? `(${domain})` : `(CASE WHEN (${domain}) THEN (${row}) ELSE false END)`
  }
}

/** Texts and numbers that stand in conditions, and what lies next to the numbers and between them. */
function constantsIn(conditions: string): readonly string[] {
  const texts = [...conditions.matchAll(/'((?:[^']|'')*)'/g)].map(([, text = '']) => text.replaceAll("''", "'"))
  const rest = conditions.replaceAll(/'(?:[^']|'')*'/g, "''")
  const numbers = [
    ...texts.map(Number),
    ...[...rest.matchAll(/(?<![\w.$])-?\d+(?:\.\d+)?/g)].map(([number]) => Number(number)),
  ]
    .filter((number) => Number.isFinite(number))
    .sort((left, right) => left - right)
  const near = numbers.flatMap((number, index) => {
    const next = numbers[index + 1] ?? number
    const steps = [1, 2, 3, 4, 5, 6, 7].map((step) => number + ((next - number) * step) / 8)
    return [number, number + 1, number - 1, ...steps, ...steps.map(Math.round)]
  })
  return [...new Set([...texts, ...near.map(String)])]
}
