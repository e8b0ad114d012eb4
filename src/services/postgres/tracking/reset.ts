/**
 * `isolane.reset(cut_off, everything, budget)` makes a lane equal to its template again, in one call. It answers `ok`,
 * or a word that says why a fresh clone has to take the lane's place.
 *
 * Which rows are not the template's is told by the transaction that wrote them: every row of the template is older than
 * `clean_until`. What is missing is told by counting, and only then looked for.
 */
export const resetFunction = `
CREATE FUNCTION isolane.reset(cut_off boolean, everything boolean, budget bigint) RETURNS text LANGUAGE plpgsql AS $reset$
DECLARE
  here oid;
  state isolane.state;
  item record;
  dirty oid[];
  writers boolean;
  live bigint;
  age_limit int;
  statement text;
BEGIN
  ASSERT current_setting('session_replication_role') = 'replica', 'resets need a session that is set up for them';
  SELECT oid INTO here FROM pg_database WHERE datname = current_database();
  SELECT * INTO STRICT state FROM isolane.state;
  IF cut_off THEN
    PERFORM isolane.cut_off(here);
    IF EXISTS (SELECT FROM pg_prepared_xacts WHERE database = current_database()) THEN RETURN 'prepared'; END IF;
  END IF;
  IF state.unlogged AND NOT EXISTS (SELECT FROM isolane.alive) THEN RETURN 'crashed'; END IF;
  IF EXISTS (SELECT FROM isolane.changes c WHERE c.kind = 'schema') THEN RETURN 'schema'; END IF;
  IF EXISTS (SELECT FROM isolane.changes c LEFT JOIN isolane.views v USING (id)
             WHERE c.kind = 'refresh' AND v.repeatable IS NOT TRUE) THEN RETURN 'view'; END IF;

  dirty := ARRAY(SELECT t.id FROM isolane.tables t WHERE everything OR pg_sequence_last_value(t.mark) IS NOT NULL);
  IF dirty <> '{}' THEN
    -- The order matters. A writer marks after it has written, so one whose mark is taken away here and who has not
    -- ended by the time we look at rows has its transaction number by now, and is seen.
    PERFORM setval(t.mark, 1, false) FROM isolane.tables t WHERE t.id = ANY (dirty);
    PERFORM pg_current_xact_id();
    writers := EXISTS (SELECT FROM pg_stat_get_activity(NULL) a
                       WHERE a.datid = here AND a.pid <> pg_backend_pid() AND a.backend_xid IS NOT NULL)
            OR EXISTS (SELECT FROM pg_prepared_xacts WHERE database = current_database());
    IF writers THEN
      PERFORM nextval(t.mark) FROM isolane.tables t WHERE t.id = ANY (dirty);
    END IF;
    IF EXISTS (SELECT FROM isolane.tables t WHERE t.id = ANY (dirty) AND t.descendants <> '{}') THEN
      dirty := ARRAY(SELECT t.id FROM isolane.tables t WHERE t.id = ANY (dirty)
                     UNION SELECT unnest(t.descendants) FROM isolane.tables t WHERE t.id = ANY (dirty));
    END IF;
    IF cut_off AND budget < (SELECT sum(pg_relation_size(t.id)) FROM isolane.tables t
                             WHERE t.id = ANY (dirty) AND t.stores AND t.truncates IS NULL) THEN
      RETURN 'size';
    END IF;
    FOR item IN SELECT t.* FROM isolane.tables t WHERE t.id = ANY (dirty) AND t.stores ORDER BY t.id LOOP
      IF item.seeds = 0 AND item.truncates IS NOT NULL AND pg_relation_size(item.id) > 1048576 THEN
        EXECUTE 'TRUNCATE ' || item.truncates;
        CONTINUE;
      END IF;
      FOREACH statement IN ARRAY item.silence LOOP EXECUTE statement; END LOOP;
      IF item.seeds = 0 THEN
        EXECUTE 'DELETE FROM ONLY ' || item.name;
      ELSE
        EXECUTE format('DELETE FROM ONLY %s WHERE age(xmin) < %s', item.name, age(item.clean_until));
        EXECUTE 'SELECT count(*) FROM ONLY ' || item.name INTO live;
        IF live <> item.seeds THEN
          IF NOT item.kept THEN RETURN 'large'; END IF;
          IF item.key IS NULL THEN EXECUTE 'DELETE FROM ONLY ' || item.name; END IF;
          EXECUTE format(
            'INSERT INTO %1$s (%2$s) OVERRIDING SYSTEM VALUE
             SELECT %3$s FROM (
               SELECT kept.image::%1$s AS isolane_row
               FROM (SELECT unnest(s.keys) AS key, unnest(s.images) AS image
                     FROM isolane.seeds s WHERE s.id = %4$s OFFSET 0) kept
               WHERE %5$s OFFSET 0) restored',
            item.name, item.columns, item.fields, item.id,
            CASE WHEN item.key IS NOT NULL
                 THEN format('kept.key NOT IN (SELECT %s FROM ONLY %s)', item.key, item.name) ELSE 'true' END);
          -- The rows just written are the template's as well, unless an older writer may still add some.
          IF NOT writers THEN
            UPDATE isolane.tables SET clean_until = pg_current_xact_id()::xid WHERE id = item.id;
          END IF;
        END IF;
      END IF;
      FOREACH statement IN ARRAY item.unsilence LOOP EXECUTE statement; END LOOP;
    END LOOP;
  END IF;

  PERFORM setval(s.id, s.last_value, s.is_called)
  FROM isolane.sequences s JOIN isolane.sequence_positions() p USING (id)
  WHERE (s.last_value, s.is_called) IS DISTINCT FROM (p.last_value, p.is_called);

  age_limit := age(state.clean_until);
  IF state.large_objects <> (SELECT count(*) FROM pg_largeobject_metadata)
    OR EXISTS (SELECT FROM pg_largeobject_metadata WHERE age(xmin) < age_limit)
    OR EXISTS (SELECT FROM pg_largeobject WHERE age(xmin) < age_limit)
  THEN
    IF state.large_objects > 0 THEN RETURN 'large objects'; END IF;
    PERFORM lo_unlink(oid) FROM pg_largeobject_metadata;
  END IF;

  IF EXISTS (SELECT FROM isolane.changes) THEN
    FOR item IN SELECT v.* FROM isolane.views v WHERE v.id IN (SELECT c.id FROM isolane.changes c) ORDER BY v.id LOOP
      EXECUTE format('REFRESH MATERIALIZED VIEW %s%s', item.name, CASE WHEN item.populated THEN '' ELSE ' WITH NO DATA' END);
    END LOOP;
    DELETE FROM isolane.changes;
  END IF;

  PERFORM isolane.restore_settings(here, state.settings);
  RETURN 'ok';
END $reset$;

-- Ends every other connection to this database and waits until they are gone.
CREATE FUNCTION isolane.cut_off(here oid) RETURNS void LANGUAGE plpgsql AS $cut$
DECLARE
  ended bigint;
BEGIN
  FOR attempt IN 1..2000 LOOP
    SELECT count(*) FILTER (WHERE attempt % 100 <> 1 OR pg_terminate_backend(a.pid)) INTO ended
    FROM pg_stat_get_activity(NULL) a
    WHERE a.datid = here AND a.pid <> pg_backend_pid() AND a.backend_type = 'client backend';
    IF ended = 0 THEN RETURN; END IF;
    PERFORM pg_stat_clear_snapshot();
    PERFORM pg_sleep(0.002);
  END LOOP;
  RAISE EXCEPTION 'other connections to the database do not end';
END $cut$;

-- ALTER DATABASE … SET, and ALTER ROLE … SET by the lane's role on itself.
CREATE FUNCTION isolane.restore_settings(here oid, settings text[]) RETURNS void LANGUAGE plpgsql AS $settings$
DECLARE
  setting text;
  name text;
  item record;
BEGIN
  FOR item IN SELECT r.rolname, d.setdatabase FROM pg_db_role_setting d JOIN pg_roles r ON r.oid = d.setrole
              WHERE d.setdatabase = here
                OR (d.setdatabase = 0 AND r.rolname LIKE 'isolane%'
                    AND r.oid = (SELECT b.datdba FROM pg_database b WHERE b.oid = here)) LOOP
    EXECUTE format('ALTER ROLE %I %s RESET ALL', item.rolname,
                   CASE WHEN item.setdatabase = here THEN format('IN DATABASE %I', current_database()) ELSE '' END);
  END LOOP;
  IF settings IS DISTINCT FROM coalesce(
    (SELECT d.setconfig FROM pg_db_role_setting d WHERE d.setdatabase = here AND d.setrole = 0), '{}')
  THEN
    EXECUTE format('ALTER DATABASE %I RESET ALL', current_database());
    FOREACH setting IN ARRAY settings LOOP
      name := split_part(setting, '=', 1);
      EXECUTE format('ALTER DATABASE %I SET %I TO %s', current_database(), name,
        CASE WHEN name IN ('search_path', 'temp_tablespaces', 'local_preload_libraries', 'session_preload_libraries')
             THEN substr(setting, length(name) + 2) ELSE quote_literal(substr(setting, length(name) + 2)) END);
    END LOOP;
  END IF;
END $settings$;
`
