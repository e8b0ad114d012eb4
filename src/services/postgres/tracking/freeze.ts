import { rowSettings } from './row-settings.ts'

const settings = Object.entries(rowSettings)
  .map(([name, value]) => `SET ${name} = '${value}'`)
  .join(' ')

/**
 * Run once, when a template is migrated and seeded: records what a reset has to restore, and sets the triggers.
 * `isolane.freeze(limit)` keeps no copies of tables larger than `limit` bytes.
 */
export const freezeFunction = String.raw`
CREATE FUNCTION isolane.freeze(copy_limit bigint) RETURNS void LANGUAGE plpgsql
${settings}
AS $freeze$
DECLARE
  item record;
  mark oid;
  number int := 0;
  has_rows boolean;
  same boolean;
BEGIN
  FOR item IN
    SELECT c.oid, c.relkind, c.relpersistence, format('%I.%I', n.nspname, c.relname) AS name,
      (SELECT CASE count(*)
                WHEN 0 THEN NULL
                WHEN 1 THEN format('%I::text', min(a.attname::text))
                ELSE format('ROW(%s)::text', string_agg(format('%I', a.attname), ', ' ORDER BY a.attnum)) END
       FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
       WHERE i.indrelid = c.oid AND i.indisprimary) AS key,
      (SELECT string_agg(format('%I', a.attname), ', ' ORDER BY a.attnum)
       FROM pg_attribute a
       WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns,
      (SELECT string_agg(format('(isolane_row).%I', a.attname), ', ' ORDER BY a.attnum)
       FROM pg_attribute a
       WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS fields,
      ARRAY(WITH RECURSIVE below AS (
              SELECT inhrelid FROM pg_inherits WHERE inhparent = c.oid
              UNION SELECT i.inhrelid FROM pg_inherits i JOIN below b ON i.inhparent = b.inhrelid)
            SELECT inhrelid FROM below) AS descendants,
      ARRAY(SELECT format('ALTER TABLE ONLY %I.%I DISABLE TRIGGER %I', n.nspname, c.relname, t.tgname)
            FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgenabled IN ('A', 'R') ORDER BY t.oid) AS silence,
      ARRAY(SELECT format('ALTER TABLE ONLY %I.%I ENABLE %s TRIGGER %I', n.nspname, c.relname,
                          CASE t.tgenabled WHEN 'A' THEN 'ALWAYS' ELSE 'REPLICA' END, t.tgname)
            FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgenabled IN ('A', 'R') ORDER BY t.oid) AS unsilence
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
      AND n.nspname <> ALL ('{isolane,pg_catalog,information_schema,pg_toast}')
    ORDER BY c.oid
  LOOP
    number := number + 1;
    EXECUTE format('CREATE SEQUENCE isolane.%I', 'mark_' || number);
    mark := format('isolane.%I', 'mark_' || number)::regclass;
    EXECUTE format('CREATE TRIGGER isolane_mark AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s
                    FOR EACH STATEMENT EXECUTE FUNCTION isolane.mark(%L)', item.name, mark::text);
    INSERT INTO isolane.tables (id, name, mark, stores, descendants, key, columns, fields, silence, unsilence)
    VALUES (item.oid, item.name, mark, item.relkind = 'r', item.descendants, item.key, item.columns,
            item.fields, item.silence, item.unsilence);
    CONTINUE WHEN item.relkind = 'p';
    EXECUTE format('SELECT EXISTS (SELECT FROM ONLY %s)', item.name) INTO has_rows;
    CONTINUE WHEN NOT has_rows;
    IF pg_table_size(item.oid) > copy_limit THEN
      EXECUTE format('UPDATE isolane.tables SET kept = false, seeds = (SELECT count(*) FROM ONLY %s)
                      WHERE id = $1', item.name) USING item.oid;
      CONTINUE;
    END IF;
    EXECUTE format(
      'INSERT INTO isolane.seeds
       SELECT $1, n / 200, array_agg(key ORDER BY n), array_agg(image ORDER BY n)
       FROM (SELECT (row_number() OVER ())::int - 1 AS n, %s AS key, isolane_row::text AS image
             FROM ONLY %s AS isolane_row) numbered
       GROUP BY n / 200 ORDER BY n / 200', coalesce(item.key, 'NULL'), item.name) USING item.oid;
    UPDATE isolane.tables SET seeds = (
      SELECT sum(cardinality(s.images)) FROM isolane.seeds s WHERE s.id = item.oid
    ) WHERE id = item.oid;
  END LOOP;

  -- Hidden as the triggers of foreign keys are; see above.
  UPDATE pg_trigger SET tgisinternal = true WHERE tgname = 'isolane_mark' AND tgfoid = 'isolane.mark'::regproc;

  UPDATE isolane.tables t SET truncates = (
    WITH RECURSIVE referencing AS (
      SELECT t.id
      UNION SELECT k.conrelid FROM pg_constraint k JOIN referencing r ON k.confrelid = r.id WHERE k.contype = 'f')
    SELECT CASE WHEN bool_and(o.id IS NOT NULL AND o.stores AND o.seeds = 0 AND o.silence = '{}')
                THEN string_agg('ONLY ' || o.name, ', ') END
    FROM referencing r LEFT JOIN isolane.tables o ON o.id = r.id
  ) WHERE t.stores AND t.seeds = 0;

  FOR item IN
    SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND n.nspname <> 'isolane'
  LOOP
    EXECUTE format('INSERT INTO isolane.sequences SELECT $1, last_value, is_called, isolane.sequence_parameters($1)
                    FROM %s', item.name) USING item.oid;
  END LOOP;
  -- One statement over all of them, so that its plan is kept: reading each by name costs a plan each.
  EXECUTE format(
    'CREATE FUNCTION isolane.sequence_positions() RETURNS TABLE (id oid, last_value bigint, is_called boolean)
     LANGUAGE plpgsql AS $f$ BEGIN RETURN QUERY %s; END $f$',
    coalesce(
      (SELECT string_agg(format('SELECT %s::oid, s.last_value, s.is_called FROM %s s', s.id, s.id::regclass), ' UNION ALL ')
       FROM isolane.sequences s),
      'SELECT 0::oid, 0::bigint, false WHERE false'));

  FOR item IN
    SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name, c.relispopulated, pg_get_viewdef(c.oid) AS query
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'm' ORDER BY c.oid
  LOOP
    same := true;
    IF item.relispopulated THEN
      BEGIN
        EXECUTE format(
          'SELECT NOT EXISTS (
             (SELECT isolane_row::text, count(*) FROM (%1$s) isolane_row GROUP BY 1
              EXCEPT SELECT isolane_row::text, count(*) FROM %2$s isolane_row GROUP BY 1)
             UNION ALL
             (SELECT isolane_row::text, count(*) FROM %2$s isolane_row GROUP BY 1
              EXCEPT SELECT isolane_row::text, count(*) FROM (%1$s) isolane_row GROUP BY 1))',
          rtrim(item.query, '; '), item.name) INTO same;
      EXCEPTION WHEN OTHERS THEN
        same := false;
      END;
    END IF;
    INSERT INTO isolane.views VALUES (item.oid, item.name, item.relispopulated, same);
  END LOOP;

  INSERT INTO isolane.state SELECT
    pg_current_xact_id()::xid,
    (SELECT count(*) FROM pg_largeobject_metadata),
    EXISTS (SELECT FROM isolane.tables t JOIN pg_class c ON c.oid = t.id WHERE c.relpersistence = 'u' AND t.seeds > 0)
      OR EXISTS (SELECT FROM isolane.sequences s JOIN pg_class c ON c.oid = s.id WHERE c.relpersistence = 'u'),
    coalesce((SELECT setconfig FROM pg_db_role_setting d JOIN pg_database b ON b.oid = d.setdatabase
              WHERE b.datname = current_database() AND d.setrole = 0), '{}');
  UPDATE isolane.tables SET clean_until = pg_current_xact_id()::xid;

  CREATE EVENT TRIGGER isolane_change ON ddl_command_end EXECUTE FUNCTION isolane.notice_change();
  CREATE EVENT TRIGGER isolane_drop ON sql_drop EXECUTE FUNCTION isolane.notice_drop();

  -- Out of the way of pg_dump; see above.
  FOR item IN
    SELECT format('SCHEMA isolane') AS what
    UNION ALL SELECT format('%s isolane.%I', CASE relkind WHEN 'r' THEN 'TABLE' ELSE 'SEQUENCE' END, relname)
      FROM pg_class WHERE relnamespace = 'isolane'::regnamespace AND relkind IN ('r', 'S')
    UNION ALL SELECT format('FUNCTION %s', oid::regprocedure)
      FROM pg_proc WHERE pronamespace = 'isolane'::regnamespace
    UNION ALL SELECT format('EVENT TRIGGER %I', evtname) FROM pg_event_trigger WHERE evtname LIKE 'isolane\_%'
  LOOP
    EXECUTE format('ALTER EXTENSION plpgsql ADD %s', item.what);
  END LOOP;
  DELETE FROM isolane.changes;
END $freeze$;
`
