import { identifier } from '../services/postgres/sql.ts'
import { type ColumnTypes, columnNamed, translate, Untranslatable } from './expressions.ts'
import type { SqliteForeignKey, SqliteIndex, SqliteTable } from './read-schema.ts'
import { type Attempt, targetSchema } from './target.ts'
import { isWord, type Token } from './tokens.ts'

interface Parts {
  readonly table: SqliteTable
  readonly tables: readonly SqliteTable[]
  /** As SQL. */
  readonly name: string
  readonly types: ColumnTypes
  /** Columns that hold nulls. */
  readonly nullable: ReadonlySet<string>
  readonly warnings: string[]
}

/** Keys, indexes, checks and foreign keys of a table. */
export function planConstraints(parts: Parts): { readonly attempts: Attempt[]; readonly references: Attempt[] } {
  const { table, warnings } = parts
  warnCollations(parts)
  if (table.defers && table.foreignKeys.length > 0) {
    warnings.push('foreign keys are checked at once, where they were deferred to the end of a transaction')
  }
  return {
    attempts: [...planKey(parts), ...planIndexes(parts), ...planChecks(parts)],
    references: table.foreignKeys.flatMap((key) => planReference(parts, key)),
  }
}

function warnCollations({ table, warnings }: Parts): void {
  for (const [column, collation] of table.collations) {
    if (collation === 'NOCASE') {
      warnings.push(
        `${column} told no capitals from others (NOCASE), and does now: compare lower(${column}), or make it citext`,
      )
    } else if (collation !== 'BINARY') warnings.push(`${column} was compared by ${collation}, and is as it is now`)
  }
}

function list(names: readonly string[]): string {
  return names.map(identifier).join(', ')
}

function planKey({ table: { primaryKey }, name, nullable, warnings }: Parts): Attempt[] {
  if (primaryKey.length === 0) return []
  const what = `the primary key (${primaryKey.join(', ')})`
  const holding = primaryKey.filter((column) => nullable.has(column))
  if (holding.length === 0) return [{ what, sql: `ALTER TABLE ${name} ADD PRIMARY KEY (${list(primaryKey)})` }]
  warnings.push(`${what} is a UNIQUE now, as ${holding.join(', ')} holds NULL`)
  return [{ what, sql: `ALTER TABLE ${name} ADD UNIQUE (${list(primaryKey)})` }]
}

function planIndexes(parts: Parts): Attempt[] {
  const { table, name, warnings } = parts
  return table.indexes.flatMap((index) => {
    const plain = index.columns.every((column) => column.name !== undefined && column.collation === 'BINARY')
    if (index.origin === 'pk' && plain) return []
    const columns = index.columns.flatMap((column) => column.name ?? [])
    if (index.origin === 'u' && plain) {
      return [{ what: `UNIQUE (${columns.join(', ')})`, sql: `ALTER TABLE ${name} ADD UNIQUE (${list(columns)})` }]
    }
    try {
      const sql = `ON ${name} (${indexParts(index, parts).join(', ')})${where(index, parts)}`
      const create = `CREATE ${index.unique ? 'UNIQUE ' : ''}INDEX`
      // Where two tables' indexes get one name, or a table has it.
      if (index.origin !== 'c') return [{ what: `UNIQUE (${columns.join(', ')})`, sql: `${create} ${sql}` }]
      const instead = `${create} ${sql}`
      const insteadWarning = `the index ${index.name} has another name now`
      return [
        { what: `the index ${index.name}`, sql: `${create} ${identifier(index.name)} ${sql}`, instead, insteadWarning },
      ]
    } catch (error) {
      if (!(error instanceof Untranslatable)) throw error
      warnings.push(`the ${index.unique ? 'unique ' : ''}index ${index.name} is not there: it has ${error.message}`)
      return []
    }
  })
}

function indexParts({ columns, parts }: SqliteIndex, { types }: Parts): string[] {
  return columns.map(({ name, collation, descending }, at) => {
    const value = name === undefined ? `(${translate(bare(parts[at] ?? []), types)})` : identifier(name)
    return `${collated(value, collation)}${descending ? ' DESC' : ''}`
  })
}

/** In the locale C, `lower` changes the letters that NOCASE takes for the same, and no others. */
function collated(value: string, collation: string): string {
  if (collation === 'BINARY') return value
  if (collation === 'NOCASE') return `lower(${value} COLLATE "C")`
  if (collation === 'RTRIM') return `rtrim(${value}, ' ')`
  throw new Untranslatable(`the collation ${collation}`)
}

/** An expression without how it is compared and ordered, which the server of SQLite has told. */
function bare(tokens: readonly Token[]): readonly Token[] {
  const end = tokens.findIndex((token) => isWord(token, 'COLLATE'))
  const kept = end < 0 ? tokens : tokens.slice(0, end)
  return isWord(kept.at(-1), 'ASC', 'DESC') ? kept.slice(0, -1) : kept
}

function where(index: SqliteIndex, { types }: Parts): string {
  return index.where === undefined ? '' : ` WHERE ${translate(index.where, types)}`
}

function planChecks({ table, name, types, warnings }: Parts): Attempt[] {
  return table.checks.flatMap((tokens) => {
    const what = `CHECK (${tokens.map(({ text }) => text).join(' ')})`
    if (impliedByBoolean(tokens, types)) return []
    try {
      return [{ what, sql: `ALTER TABLE ${name} ADD CHECK (${translate(tokens, types)})` }]
    } catch (error) {
      if (!(error instanceof Untranslatable)) throw error
      warnings.push(`${what} is not there: it has ${error.message}`)
      return []
    }
  })
}

/** `done IN (0, 1)`: a boolean is nothing else. */
function impliedByBoolean(tokens: readonly Token[], types: ColumnTypes): boolean {
  const [first] = tokens
  const column = first && columnNamed(first.text, types.keys())
  const rest = tokens
    .slice(1)
    .map(({ text }) => text.toUpperCase())
    .join('')
  return column !== undefined && types.get(column)?.sql === 'boolean' && ['IN(0,1)', 'IN(1,0)'].includes(rest)
}

function planReference({ table, tables, name, warnings }: Parts, key: SqliteForeignKey): Attempt[] {
  const what = `the foreign key (${key.from.join(', ')}) to ${key.table}`
  const other = tables.find((each) => each.name.toLowerCase() === key.table.toLowerCase())
  const named = (names: readonly string[], of: SqliteTable) =>
    names.flatMap(
      (each) =>
        columnNamed(
          each,
          of.columns.map((column) => column.name),
        ) ?? [],
    )
  const to = other && (key.to.length > 0 ? named(key.to, other) : other.primaryKey)
  if (!other || to?.length !== key.from.length) {
    warnings.push(`${what} is not there: it leads nowhere`)
    return []
  }
  const target = `${identifier(targetSchema)}.${identifier(other.name)} (${list(to)})`
  const sql =
    `ALTER TABLE ${name} ADD FOREIGN KEY (${list(named(key.from, table))}) REFERENCES ${target}` +
    ` ON UPDATE ${action(key.onUpdate)} ON DELETE ${action(key.onDelete)}`
  const insteadWarning = `${what} holds for new rows only (NOT VALID): some of those that are there lead nowhere`
  return [{ what, sql, instead: `${sql} NOT VALID`, insteadWarning }]
}

function action(text: string): string {
  return ['CASCADE', 'RESTRICT', 'SET NULL', 'SET DEFAULT'].includes(text.toUpperCase())
    ? text.toUpperCase()
    : 'NO ACTION'
}
