import type { ColumnState, DatabaseState, TableState } from '../core/contracts.ts'
import { counted } from './words.ts'

/** What became of data that was there. */
export interface DataChange {
  readonly kind: 'loss' | 'change'
  readonly text: string
}

/**
 * What is lost or changed from one moment of a database to another. Things are recognised by their identity, then by their
 * name, then by what is in them, so that what was renamed or moved elsewhere is no loss.
 * @param spared tables that are not looked at
 */
export function dataChanges(
  before: DatabaseState,
  after: DatabaseState,
  spared: ReadonlySet<string>,
): readonly DataChange[] {
  const moved = contentsPutThere(before, after)
  const known = new Set(columnsIn(before).map(contentOf))
  return Object.entries(before.tables)
    .filter(([name, { rows }]) => rows > 0 && !spared.has(name))
    .flatMap(([name, table]) => {
      const now = sameTable(name, table, after)
      if (now) return tableChanges(name, table, now, { moved, known })
      const values = Object.values(table.columns).filter(({ filled }) => filled > 0)
      if (values.length > 0 && values.every((column) => moved.has(contentOf(column)))) return []
      return [{ kind: 'loss' as const, text: `${name} is gone, with ${counted(table.rows, 'row')}` }]
    })
}

function sameTable(name: string, { id }: TableState, { tables }: DatabaseState): TableState | undefined {
  return Object.values(tables).find((table) => id !== undefined && table.id === id) ?? tables[name]
}

interface Contents {
  /** Of columns that were not there before, or held something else. */
  readonly moved: ReadonlySet<string>
  /** Of any column before: what a column has of another one is no loss, whatever it had itself. */
  readonly known: ReadonlySet<string>
}

function tableChanges(name: string, before: TableState, after: TableState, { moved, known }: Contents): DataChange[] {
  const missing = Math.max(0, before.rows - after.rows)
  const changes: DataChange[] = []
  if (missing > 0)
    changes.push({
      kind: 'loss',
      text: `${name} has lost ${missing === before.rows ? 'all' : missing} of ${counted(before.rows, 'row')}`,
    })
  for (const [column, was] of Object.entries(before.columns)) {
    const what = `${name}.${column}`
    const is = sameColumn(column, was, before, after)
    if (was.filled === 0) continue
    if (!is) {
      if (!moved.has(contentOf(was)))
        changes.push({ kind: 'loss', text: `${what} is gone, with ${counted(was.filled, 'value')}` })
    } else if (was.filled - is.filled > missing) {
      if (moved.has(contentOf(was))) continue
      changes.push({
        kind: 'loss',
        text: `${what} has lost ${was.filled - is.filled} of ${counted(was.filled, 'value')}`,
      })
    } else if (was.distinct - is.distinct > missing && !moved.has(contentOf(was)) && !known.has(contentOf(is))) {
      const left = `${is.distinct.toLocaleString('en')} of ${was.distinct.toLocaleString('en')}`
      changes.push({ kind: 'loss', text: `${what} has only ${left} different values left` })
    } else if (before.rows === after.rows && isChanged(before, was, after, is)) {
      changes.push({ kind: 'change', text: `${what} has other values` })
    }
  }
  return changes
}

function sameColumn(name: string, { id }: ColumnState, before: TableState, after: TableState): ColumnState | undefined {
  const same = before.id !== undefined && before.id === after.id
  if (same && id !== undefined) {
    const found = Object.values(after.columns).find((column) => column.id === id)
    if (found) return found
  }
  return after.columns[name]
}

/** Each value with its row's key, as long as rows have the same key. */
function isChanged(before: TableState, was: ColumnState, after: TableState, is: ColumnState): boolean {
  if (was.filled !== is.filled) return true
  const keyed = before.key === after.key && was.keyed !== undefined && is.keyed !== undefined
  return keyed ? was.keyed !== is.keyed : was.values !== is.values
}

/** What is in columns that were not there before, or held something else. */
function contentsPutThere(before: DatabaseState, after: DatabaseState): ReadonlySet<string> {
  return new Set(
    Object.entries(after.tables).flatMap(([name, table]) => {
      const old = sameTable(name, table, before)
      return Object.entries(table.columns).flatMap(([column, state]) => {
        const was = old && sameColumn(column, state, table, old)
        return was && contentOf(was) === contentOf(state) ? [] : [contentOf(state)]
      })
    }),
  )
}

function columnsIn({ tables }: DatabaseState): readonly ColumnState[] {
  return Object.values(tables).flatMap(({ columns }) => Object.values(columns))
}

function contentOf({ filled, values }: ColumnState): string {
  return `${filled} ${values}`
}
