import { hiddenSchemas, ofExtension } from './hidden.ts'
import { isUserOf } from './users.ts'

/**
 * What there is besides data, as lines. `name` is the same for every version of the server; `text` and `expression` are as
 * this version words them, and `expression` may gain or lose casts when it is read back. Roles: `$1` owns the lane.
 */
export const schemaQueries = (version: number): readonly string[] => [
  `SELECT format('schema %I', n.nspname) AS name, concat_ws(' ', ${owner('n.nspowner')}, ${acl('n', 'n.nspacl', 'n.nspowner')}) AS text
   FROM pg_namespace n WHERE ${hiddenSchemas} AND ${ofExtension('pg_namespace', 'n')}`,
  relations,
  columns(version),
  `SELECT format('constraint %s.%I %I', n.nspname, coalesce(r.relname, t.typname), c.conname) AS name,
     CASE c.contype WHEN 'n' THEN NULL ELSE 'there' END AS text, pg_get_constraintdef(c.oid) AS expression, c.contype = 'n' AS newer
   FROM pg_constraint c LEFT JOIN pg_class r ON r.oid = c.conrelid LEFT JOIN pg_type t ON t.oid = c.contypid
   JOIN pg_namespace n ON n.oid = c.connamespace
   WHERE ${hiddenSchemas} AND ${ofExtension('pg_class', 'r')} AND ${ofExtension('pg_type', 't')}`,
  `SELECT format('index %I.%I', n.nspname, c.relname) AS name, format('%s %s %s', i.indisclustered, i.indisreplident, i.indisvalid) AS text,
     pg_get_indexdef(i.indexrelid) AS expression
   FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE ${hiddenSchemas} AND ${ofExtension('pg_class', 'c')} AND c.relpersistence <> 't'
     AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indrelid AND d.deptype = 'e')`,
  `SELECT format('function %s', p.oid::regprocedure) AS name,
     concat_ws(' ', ${owner('p.proowner')}, ${acl('f', 'p.proacl', 'p.proowner')}, CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END,
       (SELECT format('%s %s %s %s %s', a.aggtransfn, a.aggfinalfn, a.aggtranstype::regtype, a.agginitval, a.aggkind)
        FROM pg_aggregate a WHERE a.aggfnoid = p.oid)) AS text
   FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ${hiddenSchemas} AND ${ofExtension('pg_proc', 'p')}
     AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_proc'::regclass AND i.objid = p.oid AND i.deptype = 'i')`,
  `SELECT format('trigger %s %I', t.tgrelid::regclass, t.tgname) AS name, t.tgenabled::text AS text, pg_get_triggerdef(t.oid) AS expression
   FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE NOT t.tgisinternal AND ${hiddenSchemas}`,
  `SELECT format('rule %s %I', r.ev_class::regclass, r.rulename) AS name, r.ev_enabled::text AS text, pg_get_ruledef(r.oid) AS expression
   FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE r.rulename <> '_RETURN' AND ${hiddenSchemas} AND ${ofExtension('pg_class', 'c')}`,
  `SELECT format('policy %s %I', p.polrelid::regclass, p.polname) AS name,
     format('%s %s %s', p.polcmd, p.polpermissive, (SELECT string_agg(${role('o')}, ',' ORDER BY ${role('o')}) FROM unnest(p.polroles) o)) AS text,
     concat_ws(' / ', pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) AS expression
   FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${hiddenSchemas}`,
  types,
  `SELECT format('sequence %I.%I %s %s %s %s %s %s %s', n.nspname, c.relname, s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmin,
       s.seqmax, s.seqcache, s.seqcycle) AS name,
     (SELECT format('of %s.%I', d.refobjid::regclass, a.attname) FROM pg_depend d
      JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
      LIMIT 1) AS text
   FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relpersistence <> 't' AND ${hiddenSchemas} AND ${ofExtension('pg_class', 'c')}`,
  `SELECT format('extension %I in %I', e.extname, x.nspname) AS name, NULL AS text
   FROM pg_extension e JOIN pg_namespace x ON x.oid = e.extnamespace`,
  `SELECT format('event trigger %I', t.evtname) AS name, format('%s %s %s %s', t.evtevent, t.evtfoid::regproc, t.evtenabled, t.evttags) AS text
   FROM pg_event_trigger t WHERE ${ofExtension('pg_event_trigger', 't')}`,
  `SELECT format('default rights %s %s %s', ${role('d.defaclrole')}, d.defaclnamespace::regnamespace, d.defaclobjtype) AS name, rights AS text
   FROM pg_default_acl d, LATERAL (
     SELECT ${explode('d.defaclacl', 'd.defaclrole')} AS rights,
       CASE WHEN d.defaclnamespace = 0 THEN
         ${explode(`acldefault(CASE d.defaclobjtype WHEN 'S' THEN 's' ELSE d.defaclobjtype END, d.defaclrole)`, 'd.defaclrole')} END AS usual
   ) r WHERE NOT ${isUserOf('$1', 'd.defaclrole')} AND rights IS DISTINCT FROM usual`,
  `SELECT format('comment on %s %s', o.type, o.identity) AS name, d.description AS text
   FROM (
     SELECT * FROM pg_description
     WHERE objoid >= 16384 OR classoid = 'pg_namespace'::regclass AND objoid = (SELECT oid FROM pg_namespace WHERE nspname = 'public')
     OFFSET 0
   ) d, LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) o
   WHERE o.schema IS DISTINCT FROM 'isolane'
     AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = d.classoid AND e.objid = d.objoid AND e.deptype = 'e')
     AND o.type <> 'extension'`,
  others,
]

const relations = `
SELECT format('%s %I.%I', c.relkind, n.nspname, c.relname) AS name,
  concat_ws(' ', ${owner('c.relowner')}, c.relpersistence, c.reloptions::text, c.relrowsecurity, c.relforcerowsecurity, c.relreplident,
    c.relispopulated, c.reloftype::regtype, (SELECT a.amname FROM pg_am a WHERE a.oid = c.relam),
    CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
    (SELECT string_agg(i.inhparent::regclass::text, ',' ORDER BY i.inhseqno) FROM pg_inherits i WHERE i.inhrelid = c.oid),
    ${acl(`CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END`, 'c.relacl', 'c.relowner')}) AS text,
  concat_ws(' ', CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END, pg_get_expr(c.relpartbound, c.oid)) AS expression
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c') AND c.relpersistence <> 't' AND ${hiddenSchemas} AND ${ofExtension('pg_class', 'c')}`

const columns = (version: number) => `
SELECT format('column %I.%I.%I %s %s %s %s', n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
    a.attidentity, a.attgenerated) AS name,
  concat_ws(' ', a.attstorage, nullif(a.attstattarget, -1), a.attoptions::text, ${version >= 14 ? 'a.attcompression' : `''`},
    (SELECT format('%s.%I', l.collnamespace::regnamespace, l.collname) FROM pg_collation l WHERE l.oid = a.attcollation),
    CASE WHEN a.attacl IS NOT NULL THEN ${explode('a.attacl', 'c.relowner')} END) AS text,
  pg_get_expr(d.adbin, d.adrelid) AS expression
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND a.attnum > 0 AND NOT a.attisdropped AND c.relpersistence <> 't'
  AND ${hiddenSchemas} AND ${ofExtension('pg_class', 'c')}`

const types = `
SELECT format('type %s %s', t.oid::regtype, (SELECT string_agg(quote_literal(e.enumlabel), ',' ORDER BY e.enumsortorder) FROM pg_enum e
    WHERE e.enumtypid = t.oid)) AS name,
  concat_ws(' ', t.typtype, ${owner('t.typowner')}, ${acl('T', 't.typacl', 't.typowner')}, t.typnotnull, format_type(nullif(t.typbasetype, 0), t.typtypmod),
    (SELECT format('%s %s %s', r.rngsubtype::regtype, r.rngsubdiff, r.rngcanonical) FROM pg_range r WHERE r.rngtypid = t.oid)) AS text,
  pg_get_expr(t.typdefaultbin, 0) AS expression
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
WHERE t.typtype IN ('e', 'd', 'r', 'c', 'b') AND (c.oid IS NULL OR c.relkind = 'c') AND t.typcategory <> 'A'
  AND ${hiddenSchemas} AND ${ofExtension('pg_type', 't')}`

/** Rarer things, by their names. */
const others = `
SELECT format('%s %s', o.type, o.identity) AS name, NULL AS text
FROM (
  SELECT 'pg_collation'::regclass AS class, oid FROM pg_collation UNION ALL SELECT 'pg_cast'::regclass, oid FROM pg_cast
  UNION ALL SELECT 'pg_operator'::regclass, oid FROM pg_operator UNION ALL SELECT 'pg_opclass'::regclass, oid FROM pg_opclass
  UNION ALL SELECT 'pg_conversion'::regclass, oid FROM pg_conversion UNION ALL SELECT 'pg_ts_config'::regclass, oid FROM pg_ts_config
  UNION ALL SELECT 'pg_ts_dict'::regclass, oid FROM pg_ts_dict UNION ALL SELECT 'pg_statistic_ext'::regclass, oid FROM pg_statistic_ext
  UNION ALL SELECT 'pg_foreign_server'::regclass, oid FROM pg_foreign_server
  UNION ALL SELECT 'pg_publication'::regclass, oid FROM pg_publication
) x, LATERAL pg_identify_object(x.class, x.oid, 0) o
WHERE x.oid >= 16384
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = x.class AND e.objid = x.oid AND e.deptype IN ('e', 'i'))`

/** Whom the lane belongs to is called the same everywhere, and so are its other users and superusers. */
function role(oid: string): string {
  return `(CASE WHEN ${oid} = 0 THEN 'PUBLIC' ELSE (SELECT CASE WHEN pr.rolname = $1 OR ${isUserOf('$1', 'pr.oid')} THEN '<lane>'
    WHEN pr.rolsuper THEN '<superuser>' ELSE pr.rolname END FROM pg_roles pr WHERE pr.oid = ${oid}) END)`
}

function owner(oid: string): string {
  return `'owner ' || ${role(oid)}`
}

/** Rights that were never changed are the same as those written out. */
function acl(kind: string, rights: string, holder: string): string {
  const type = kind.length === 1 ? `'${kind}'` : kind
  return explode(`coalesce(${rights}, acldefault((${type})::"char", ${holder}))`, holder)
}

/** Without what an environment's users are given beside its owner: they have rights of their own wherever it is restored. */
function explode(rights: string, holder: string): string {
  return `(SELECT string_agg(format('%s=%s%s', ${role('x.grantee')}, x.privilege_type, x.is_grantable), ','
    ORDER BY ${role('x.grantee')}, x.privilege_type) FROM aclexplode(${rights}) x
    WHERE x.grantee = ${holder} OR NOT ${isUserOf('$1', 'x.grantee')})`
}
