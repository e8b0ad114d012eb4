import { createHash } from 'node:crypto'
import type { ColumnState, DatabaseState, TableState } from '../../../core/contracts.ts'
import { bookkeeping } from '../lane-clients.ts'
import { exact } from '../snapshots/bolt-contents.ts'
import type { Ask } from './session.ts'

interface Entity {
  readonly id: string
  readonly groups: readonly string[]
  readonly properties: Readonly<Record<string, unknown>>
}

const schemaQueries = [
  `SHOW CONSTRAINTS YIELD name, createStatement RETURN 'constraint ' + name + '\\t' + createStatement AS line`,
  `SHOW INDEXES YIELD name, owningConstraint, createStatement WHERE owningConstraint IS NULL
   RETURN 'index ' + name + '\\t' + createStatement AS line`,
]

const entityQueries = [
  `MATCH (n) RETURN elementId(n) AS id, properties(n) AS properties,
     CASE labels(n) WHEN [] THEN ['()'] ELSE [label IN labels(n) | '(:' + label + ')'] END AS groups`,
  `MATCH ()-[r]->() RETURN elementId(r) AS id, properties(r) AS properties, ['[:' + type(r) + ']'] AS groups`,
]

/** Nodes by their labels and relationships by their types, each as if it were a table with properties as columns. */
export async function readState(ask: Ask): Promise<DatabaseState> {
  const lines = await Promise.all(schemaQueries.map((query) => ask<{ line: string }>(query)))
  const tables = new Map<string, Group>()
  const tools = new Map<string, Group>()
  for (const query of entityQueries) {
    for (const entity of await ask<Entity & Record<string, unknown>>(query)) {
      for (const name of entity.groups) {
        const groups = bookkeeping.some((beginning) => name.startsWith(beginning, 2)) ? tools : tables
        const group = groups.get(name) ?? new Group()
        groups.set(name, group)
        group.add(entity)
      }
    }
  }
  return {
    schema: lines
      .flat()
      .map(({ line }) => line)
      .sort(),
    tables: statesOf(tables),
    bookkeeping: statesOf(tools),
  }
}

function statesOf(groups: ReadonlyMap<string, Group>): DatabaseState['tables'] {
  return Object.fromEntries([...groups].sort().map(([name, group]) => [name, group.state()]))
}

class Group {
  #rows = 0
  readonly #columns = new Map<string, { filled: number; different: Set<bigint>; values: bigint; keyed: bigint }>()

  add({ id, properties }: Entity): void {
    this.#rows += 1
    for (const [name, value] of Object.entries(properties)) {
      const column = this.#columns.get(name) ?? { filled: 0, different: new Set(), values: 0n, keyed: 0n }
      this.#columns.set(name, column)
      const text = JSON.stringify(exact(value))
      column.filled += 1
      const own = digest(text)
      column.different.add(own)
      column.values += own
      column.keyed += digest(`${id} ${text}`)
    }
  }

  state(): TableState {
    const columns = [...this.#columns].map(([name, { filled, different, values, keyed }]): [string, ColumnState] => [
      name,
      { filled, distinct: different.size, values: String(values), keyed: String(keyed) },
    ])
    return { rows: this.#rows, key: 'id', columns: Object.fromEntries(columns) }
  }
}

function digest(text: string): bigint {
  return createHash('sha256').update(text).digest().readBigUInt64LE()
}
