import { hardSchema } from '../hard-schema.ts'

/** What a dump could get wrong besides what a reset could. Multiranges from PostgreSQL 14 on. */
export function harderSchema(major: number): string {
  return String.raw`
${hardSchema}
CREATE EXTENSION IF NOT EXISTS citext;
CREATE COLLATION by_code (provider = libc, locale = 'C');
CREATE DOMAIN positive AS numeric(10,2) DEFAULT 1 NOT NULL CHECK (VALUE > 0);
CREATE TYPE float_range AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE TABLE everything (
  id uuid PRIMARY KEY DEFAULT '00000000-0000-0000-0000-000000000000', small smallint, big bigint, amount positive,
  varchars varchar(20)[], fixed char(3), name name COLLATE by_code, caseless citext, b boolean, day date, clock time, zoned timetz,
  cidr cidr, mac macaddr, mac8 macaddr8, bits varbit(9), circle circle, line line, lseg lseg, path path, polygon polygon,
  query tsquery, jsonpath jsonpath, numbers numrange, times tstzrange, floats float_range, days date[][], moods mood[], docs jsonb[],
  snapshot pg_lsn, role regrole, kind regtype, single "char", amounts positive[], bytes bytea[]
  ${major >= 14 ? ', ranges int4multirange, floatsets float_multirange' : ''}
);
INSERT INTO everything VALUES (
  'f0000000-0000-0000-0000-000000000001', -32768, 9223372036854775807, 12.50,
  '{"a,b",NULL,"quote\"d","back\\slash",""}', 'ab', 'Ünïcode', 'CaSe', true, '0044-03-15 BC', '24:00:00', '12:00:00.000001+05:30',
  '10.0.0.0/8', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05', B'101', '<(1,2),3>', '{1,2,3}', '((0,0),(1,1))', '[(0,0),(1,1)]',
  '((0,0),(1,1),(1,0))', 'a & !b | c:*', '$.a[*] ? (@ > 1)', '(,5.5]', '[2020-01-01,infinity)', '[0.1,1e300)', '{{2020-01-01,infinity},{NULL,-infinity}}',
  '{sad,happy}', ARRAY['{"a": null}', '"text"', 'null']::jsonb[], '0/1', 'pg_monitor', 'int4', 'x', '{1,2.5}', ARRAY['\x00ff', '']::bytea[]
  ${major >= 14 ? `, '{[1,2),[5,9)}', '{[0.5,1.5)}'` : ''});
INSERT INTO everything (id, small, varchars) VALUES ('f0000000-0000-0000-0000-000000000002', NULL, E'{"\\\\.","line\nbreak\ttab\r"}');
CREATE TABLE nothing ();
INSERT INTO nothing DEFAULT VALUES;
CREATE TABLE a (id int PRIMARY KEY, b int);
CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);
INSERT INTO a VALUES (1, 1), (2, NULL);
INSERT INTO b VALUES (1, 1), (2, 2);
ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b DEFERRABLE;
CREATE TABLE tricky (line text PRIMARY KEY, state varchar(9) CHECK (state IN ('on', 'off')), during tstzrange,
  EXCLUDE USING gist (during WITH &&));
INSERT INTO tricky VALUES (E'\\.', 'on', NULL), ('SET transaction_timeout = 0;', 'off', '[2020-01-01,2020-01-02)'),
  ('ALTER TABLE public.a OWNER TO isolane;', NULL, NULL), (E'COPY x FROM stdin;\n\\.\n', NULL, NULL);
CREATE INDEX "odd index" ON tricky (lower(line) text_pattern_ops DESC NULLS LAST) WHERE state = 'on';
CREATE STATISTICS tricky_state ON line, state FROM tricky;
CREATE FUNCTION tricky() RETURNS text LANGUAGE sql AS $f$
SELECT 'text
ALTER TABLE public.a OWNER TO isolane_other;
SET transaction_timeout = 0;
'$f$;
CREATE PROCEDURE proceed(INOUT x int) LANGUAGE plpgsql AS $$ BEGIN x := x + 1; COMMIT; END $$;
CREATE AGGREGATE glue(text) (SFUNC = textcat, STYPE = text, INITCOND = '');
CREATE FUNCTION same(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 = $2';
CREATE OPERATOR === (LEFTARG = text, RIGHTARG = text, FUNCTION = same);
CREATE CAST (mood AS int) WITH INOUT;
CREATE TEXT SEARCH CONFIGURATION plain (COPY = simple);
CREATE VIEW on_top WITH (security_barrier) AS SELECT line, state FROM tricky WHERE state IN ('on', 'off') ORDER BY line;
CREATE VIEW checked AS SELECT id FROM a WHERE id < 10 WITH CASCADED CHECK OPTION;
CREATE FUNCTION hide() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER through INSTEAD OF INSERT ON on_top FOR EACH ROW EXECUTE FUNCTION hide();
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON a DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.id > 5) EXECUTE FUNCTION hide();
CREATE POLICY readers ON secret AS RESTRICTIVE FOR SELECT TO pg_monitor, isolane USING (id > 0);
GRANT SELECT (id), UPDATE (name) ON parent TO pg_monitor WITH GRANT OPTION;
GRANT USAGE ON SCHEMA "Odd ""Schema""" TO PUBLIC;
REVOKE EXECUTE ON FUNCTION tricky() FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO pg_monitor;
COMMENT ON TABLE a IS E'about\n''a''';
COMMENT ON COLUMN "Odd ""Schema"""."Table; DROP"."Col ""1""" IS 'odd';
COMMENT ON CONSTRAINT a_pkey ON a IS 'key';
COMMENT ON SCHEMA public IS 'ours';
COMMENT ON FUNCTION tricky() IS 'tricky';
ALTER TABLE log SET (fillfactor = 70, autovacuum_enabled = off);
ALTER TABLE log ALTER line SET STORAGE EXTERNAL, ALTER line SET STATISTICS 7;
ALTER TABLE no_key REPLICA IDENTITY FULL;
SELECT lo_from_bytea(70001, '\x00ff' || convert_to(repeat('large ', 5000), 'UTF8')), lo_create(70002);
COMMENT ON LARGE OBJECT 70002 IS 'empty';
`
}

/** Besides rows and positions: definitions, comments and rights, in PostgreSQL's own words. */
export const definitions = `
SELECT
  (SELECT json_agg(pg_get_functiondef(p.oid) ORDER BY p.oid::regprocedure::text) FROM pg_proc p
   WHERE p.pronamespace = 'public'::regnamespace AND p.prokind IN ('f', 'p')) AS functions,
  (SELECT json_agg(format('%s %s %s', c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid)) ORDER BY c.conrelid::regclass::text, c.conname)
   FROM pg_constraint c WHERE c.connamespace IN ('public'::regnamespace, '"Odd ""Schema"""'::regnamespace) AND c.conname NOT LIKE 'tricky%check') AS constraints,
  (SELECT json_agg(indexdef ORDER BY indexdef) FROM pg_indexes WHERE schemaname NOT IN ('isolane', 'pg_catalog', 'pg_toast')) AS indexes,
  (SELECT json_agg(format('%s %s %s', polname, pg_get_expr(polqual, polrelid), (SELECT array_agg(r::regrole::text) FROM unnest(polroles) r)) ORDER BY polname)
   FROM pg_policy) AS policies,
  (SELECT json_agg(format('%s %s', table_name, column_default || generation_expression || is_identity || identity_start) ORDER BY table_name, column_name)
   FROM information_schema.columns WHERE table_schema = 'public') AS defaults,
  (SELECT json_agg(format('%s %s', o.identity, d.description) ORDER BY o.identity) FROM pg_description d,
   LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) o WHERE d.objoid >= 16384 OR o.identity = 'public') AS comments,
  (SELECT json_agg(format('%s %s', p.oid::regprocedure, p.proacl) ORDER BY p.oid::regprocedure::text) FROM pg_proc p WHERE p.proacl IS NOT NULL
   AND p.pronamespace = 'public'::regnamespace) AS function_rights,
  (SELECT json_agg(format('%s.%s %s', a.attrelid::regclass, a.attname, a.attacl)) FROM pg_attribute a WHERE a.attacl IS NOT NULL AND a.attrelid >= 16384) AS column_rights,
  (SELECT json_agg(format('%s %s %s', c.oid::regclass, c.relowner::regrole, c.reloptions) ORDER BY c.oid::regclass::text) FROM pg_class c
   JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname NOT IN ('isolane', 'pg_catalog', 'information_schema', 'pg_toast')) AS owners,
  (SELECT json_agg(format('%s %s %s', n.nspname, n.nspowner::regrole, n.nspacl) ORDER BY n.nspname) FROM pg_namespace n
   WHERE n.nspname NOT LIKE 'pg%' AND n.nspname NOT IN ('isolane', 'information_schema')) AS schemas,
  (SELECT json_agg(format('%s %s', defaclobjtype, defaclacl)) FROM pg_default_acl) AS default_rights,
  (SELECT json_agg(format('%s %s', l.oid, encode(lo_get(l.oid), 'hex')) ORDER BY l.oid) FROM pg_largeobject_metadata l) AS large_objects,
  (SELECT json_agg(format('%s %s', viewname, definition) ORDER BY viewname) FROM pg_views WHERE schemaname = 'public' AND viewname <> 'on_top') AS views
`
