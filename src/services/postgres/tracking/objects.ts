/**
 * What Isolane keeps inside each template, and so inside each lane: the schema `isolane`, in which nobody but a
 * superuser has rights, one statement trigger named `isolane_mark` per table, and two event triggers.
 *
 * Users' tools should not trip over it. The triggers are flagged internal, as those of foreign keys are, so `\d`,
 * `information_schema.triggers` and `pg_dump` do not show them; the schema's contents and the event triggers belong to
 * the extension `plpgsql`, so `pg_dump` leaves them out. What remains to be seen is the name of the schema in `\dn`.
 */
export const trackingObjects = String.raw`
CREATE SCHEMA isolane;

-- Tables of the user, as they are in the template.
CREATE TABLE isolane.tables (
  id oid PRIMARY KEY,
  name text NOT NULL,
  -- Called by the table's trigger. A sequence, because nothing else in PostgreSQL can be marked without a transaction,
  -- a row lock or a serialisation conflict that the user's own statements would notice.
  mark oid NOT NULL,
  -- False for partitioned tables, whose rows are in their partitions.
  stores boolean NOT NULL,
  -- Tables whose rows a statement on this one may change without firing their triggers.
  descendants oid[] NOT NULL,
  -- Rows of the template.
  seeds bigint NOT NULL DEFAULT 0,
  -- Whether isolane.seeds has them; not so for very large tables.
  kept boolean NOT NULL DEFAULT true,
  -- Expression that names a row by its primary key.
  key text,
  -- Columns to insert into, and where their values come from.
  columns text,
  fields text,
  -- What TRUNCATE has to name together; null when that would empty a table that has seeds.
  truncates text,
  -- Triggers that fire even for us, off and back on.
  silence text[] NOT NULL DEFAULT '{}',
  unsilence text[] NOT NULL DEFAULT '{}',
  -- Rows written by later transactions than this one are not the template's.
  clean_until xid
);

-- Packed, as lanes are copied with it: two hundred rows to a row.
CREATE TABLE isolane.seeds (
  id oid NOT NULL,
  chunk int NOT NULL,
  keys text[] NOT NULL,
  images text[] NOT NULL
);

CREATE TABLE isolane.sequences (
  id oid PRIMARY KEY,
  last_value bigint NOT NULL,
  is_called boolean NOT NULL,
  parameters text NOT NULL
);

CREATE TABLE isolane.views (
  id oid PRIMARY KEY,
  name text NOT NULL,
  populated boolean NOT NULL,
  -- Whether a refresh gives what the template holds.
  repeatable boolean NOT NULL
);

-- Schema changes and refreshed views: transactional, so that a change rolled back is none.
CREATE TABLE isolane.changes (kind text NOT NULL, what text, id oid);

CREATE TABLE isolane.state (
  clean_until xid NOT NULL,
  large_objects bigint NOT NULL,
  -- Whether the template holds rows in unlogged tables.
  unlogged boolean NOT NULL,
  -- ALTER DATABASE … SET of the template.
  settings text[] NOT NULL
);

-- Empty after a crash of the server, as every unlogged table is.
CREATE UNLOGGED TABLE isolane.alive (yes boolean);
INSERT INTO isolane.alive VALUES (true);

CREATE FUNCTION isolane.mark() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $mark$
BEGIN
  PERFORM pg_catalog.nextval(TG_ARGV[0]::pg_catalog.oid::pg_catalog.regclass);
  RETURN NULL;
END $mark$;

CREATE FUNCTION isolane.sequence_parameters(sequence oid) RETURNS text LANGUAGE sql STABLE AS $parameters$
  SELECT (s.seqtypid, s.seqstart, s.seqincrement, s.seqmax, s.seqmin, s.seqcache, s.seqcycle,
          c.relname, c.relnamespace, c.relowner, c.relpersistence, c.relacl)::text
  FROM pg_catalog.pg_sequence s JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid WHERE s.seqrelid = sequence
$parameters$;

CREATE FUNCTION isolane.notice_change() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog AS $notice$
DECLARE
  command record;
BEGIN
  FOR command IN SELECT c.command_tag, c.schema_name, c.object_identity, c.objid
                 FROM pg_event_trigger_ddl_commands() c LOOP
    IF command.schema_name LIKE 'pg\_temp%' THEN
      CONTINUE;
    ELSIF command.command_tag = 'REFRESH MATERIALIZED VIEW' THEN
      INSERT INTO isolane.changes VALUES ('refresh', command.object_identity, command.objid);
    ELSIF command.command_tag = 'ALTER SEQUENCE' AND EXISTS (
      SELECT FROM isolane.sequences s
      WHERE s.id = command.objid AND s.parameters = isolane.sequence_parameters(s.id)
    ) THEN
      CONTINUE; -- RESTART; resets look at every sequence's position anyway
    ELSE
      INSERT INTO isolane.changes
      VALUES ('schema', pg_catalog.concat_ws(' ', command.command_tag, command.object_identity), command.objid);
    END IF;
  END LOOP;
END $notice$;

CREATE FUNCTION isolane.notice_drop() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog AS $notice$
BEGIN
  INSERT INTO isolane.changes
  SELECT 'schema', pg_catalog.concat_ws(' ', TG_TAG, d.object_identity), d.objid
  FROM pg_event_trigger_dropped_objects() d
  WHERE d.original AND NOT d.is_temporary AND d.schema_name IS DISTINCT FROM 'pg_temp'
  LIMIT 1;
END $notice$;
`
