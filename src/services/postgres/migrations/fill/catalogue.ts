import { bookkeeping } from '../../../../core/bookkeeping.ts'
import type { Client } from '../../client.ts'
import { hiddenSchemas, ofExtension } from '../../snapshots/hidden.ts'

export interface Column {
  readonly number: number
  readonly name: string
  /** As a statement names it, with its length. */
  readonly type: string
  readonly typeId: string
  readonly modifier: number
  readonly required: boolean
  /** The server has a value for it when none is given. */
  readonly defaulted: boolean
  /** Computed, or counted by the server: nobody else gives it a value. */
  readonly computed: boolean
  /** It is part of a unique key. */
  readonly unique: boolean
}

export interface ForeignKey {
  readonly columns: readonly string[]
  readonly parentId: string
  /** Quoted, with its schema. */
  readonly parent: string
  readonly parentName: string
  readonly parentColumns: readonly string[]
}

/** A table that stores rows itself: no partitioned one. */
export interface Table {
  readonly id: string
  /** With its schema, for people. */
  readonly name: string
  /** Of the table that it is a part of, or its own. */
  readonly rootId: string
  readonly rootName: string
  /** Quoted, with its schema. */
  readonly quoted: string
  readonly columns: readonly Column[]
  readonly foreignKeys: readonly ForeignKey[]
  /** Conditions on a row, in the names of its columns; also that it belongs into this partition. */
  readonly checks: readonly string[]
}

const tablesQuery = `
SELECT c.oid::text AS id, concat_ws('.', n.nspname, c.relname) AS name, format('%I.%I', n.nspname, c.relname) AS quoted,
  r.oid::text AS "rootId", concat_ws('.', rn.nspname, r.relname) AS "rootName",
  (SELECT coalesce(json_agg(json_build_object(
      'number', a.attnum, 'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'typeId', a.atttypid::text,
      'modifier', a.atttypmod, 'required', a.attnotnull OR t.typnotnull, 'defaulted', a.atthasdef OR a.attidentity <> '',
      'computed', a.attgenerated <> '' OR a.attidentity <> '',
      'unique', EXISTS (SELECT FROM pg_index u WHERE u.indrelid = c.oid AND u.indisunique AND a.attnum = ANY (u.indkey))) ORDER BY a.attnum), '[]')
   FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
   WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
  (SELECT coalesce(json_agg(json_build_object(
      'columns', (SELECT json_agg(a.attname ORDER BY k.place) FROM unnest(f.conkey) WITH ORDINALITY k (number, place)
        JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.number),
      'parentId', f.confrelid::text, 'parent', format('%I.%I', pn.nspname, p.relname),
      'parentName', concat_ws('.', pn.nspname, p.relname),
      'parentColumns', (SELECT json_agg(a.attname ORDER BY k.place) FROM unnest(f.confkey) WITH ORDINALITY k (number, place)
        JOIN pg_attribute a ON a.attrelid = f.confrelid AND a.attnum = k.number)) ORDER BY cardinality(f.conkey), f.conname), '[]')
   FROM pg_constraint f JOIN pg_class p ON p.oid = f.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace
   WHERE f.conrelid = c.oid AND f.contype = 'f'
     AND (f.conparentid = 0 OR (SELECT o.conrelid FROM pg_constraint o WHERE o.oid = f.conparentid) <> c.oid)) AS "foreignKeys",
  (SELECT coalesce(json_agg(x.text), '[]') FROM (
     SELECT pg_get_expr(k.conbin, k.conrelid) AS text FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c'
     UNION ALL SELECT pg_get_partition_constraintdef(c.oid) WHERE c.relispartition) x WHERE x.text IS NOT NULL) AS checks
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class r ON r.oid = coalesce(pg_partition_root(c.oid), c.oid) JOIN pg_namespace rn ON rn.oid = r.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND ${hiddenSchemas} AND ${ofExtension('pg_class', 'c')}
  AND c.relname <> ALL ($1)
ORDER BY 2`

/** The tables that can hold rows, those first that others point to. */
export async function readTables(client: Client): Promise<readonly Table[]> {
  const { rows } = await client.query<Table>(tablesQuery, [bookkeeping])
  const sorted = new Set<Table>()
  const visiting = new Set<Table>()
  const visit = (table: Table) => {
    if (sorted.has(table) || visiting.has(table)) return
    visiting.add(table)
    for (const { parentId } of table.foreignKeys) {
      for (const parent of rows.filter(({ id, rootId }) => id === parentId || rootId === parentId)) visit(parent)
    }
    sorted.add(table)
  }
  for (const table of rows) visit(table)
  return [...sorted]
}
