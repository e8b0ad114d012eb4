CREATE MATERIALIZED VIEW region_totals AS
  SELECT region,
         count(*)::integer AS countries,
         sum(area)         AS area,
         (SELECT count(DISTINCT language_code)::integer
            FROM country_languages JOIN countries AS spoken ON spoken.code = country_code
           WHERE spoken.region = countries.region) AS languages
    FROM countries
   GROUP BY region
WITH NO DATA;
CREATE UNIQUE INDEX region_totals_region ON region_totals (region);

CREATE TABLE country_changes (
  id           integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  country_code char(3) NOT NULL,
  change       text NOT NULL,
  before       jsonb,
  after        jsonb
);

-- Every later change is written down and told to whoever listens. The import itself is not news.
CREATE FUNCTION note_country_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  changed char(3) := CASE WHEN TG_OP = 'DELETE' THEN OLD.code ELSE NEW.code END;
BEGIN
  IF current_setting('atlas.importing', true) = 'on' THEN
    RETURN NULL;
  END IF;
  INSERT INTO country_changes (country_code, change, before, after)
  VALUES (changed, lower(TG_OP),
          CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) - 'words' END,
          CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) - 'words' END);
  PERFORM pg_notify('country_changed', changed || ' ' || lower(TG_OP));
  RETURN NULL;
END $$;
CREATE TRIGGER countries_note_change AFTER INSERT OR UPDATE OR DELETE ON countries
  FOR EACH ROW EXECUTE FUNCTION note_country_change();
