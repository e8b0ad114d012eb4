import type { Client } from '../../client.ts'

/** What the catalogue says of a type. */
export interface Type {
  readonly id: string
  readonly name: string
  /** As a statement names it. */
  readonly text: string
  /** `b`: base, `e`: enum, `d`: domain, `r`: range … */
  readonly kind: string
  /** `A`: array, `S`: text … */
  readonly category: string
  /** Of a domain. */
  readonly base: string
  readonly baseModifier: number
  /** Of an array. */
  readonly element: string
  /** Of a range. */
  readonly subtype: string | null
  /** Of an enum. */
  readonly labels: readonly string[] | null
  /** Conditions of a domain on `VALUE`. */
  readonly checks: readonly string[]
}

export type Types = ReadonlyMap<string, Type>

const typesQuery = `
SELECT t.oid::text AS id, t.typname AS name, t.oid::regtype::text AS text, t.typtype AS kind, t.typcategory AS category,
  t.typbasetype::text AS base, t.typtypmod AS "baseModifier", t.typelem::text AS element,
  (SELECT r.rngsubtype::text FROM pg_range r WHERE r.rngtypid = t.oid) AS subtype,
  (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid) AS labels,
  (SELECT coalesce(json_agg(pg_get_expr(c.conbin, 0)), '[]') FROM pg_constraint c
   WHERE c.contypid = t.oid AND c.contype = 'c') AS checks
FROM pg_type t`

export async function readTypes(client: Client): Promise<Types> {
  const { rows } = await client.query<Type>(typesQuery)
  return new Map(rows.map((row) => [row.id, row]))
}
