/** Condition on `n`, a schema: it holds what is the user's. Isolane's own belongs to an extension, so it is told apart. */
export const hiddenSchemas = `(
  n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
  AND NOT (n.nspname = 'isolane' AND EXISTS (
    SELECT FROM pg_depend hd WHERE hd.classid = 'pg_namespace'::regclass AND hd.objid = n.oid AND hd.deptype = 'e')))`

/** Condition on a row of a catalog: no extension has made it. */
export function ofExtension(catalog: string, alias: string): string {
  return `NOT EXISTS (SELECT FROM pg_depend ed
    WHERE ed.classid = '${catalog}'::regclass AND ed.objid = ${alias}.oid AND ed.deptype = 'e')`
}
