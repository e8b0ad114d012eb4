CREATE TYPE independence AS ENUM ('independent', 'dependent', 'unclear');

CREATE TABLE countries (
  code          char(3) PRIMARY KEY,
  alpha2        char(2) NOT NULL UNIQUE,
  name          text NOT NULL UNIQUE,
  official_name text NOT NULL,
  region        text NOT NULL,
  subregion     text,
  capitals      text[] NOT NULL DEFAULT '{}',
  independence  independence NOT NULL,
  un_member     boolean NOT NULL,
  landlocked    boolean NOT NULL,
  area          numeric(12, 2) CHECK (area IS NULL OR area > 0),
  latitude      double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),
  longitude     double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),
  words         tsvector NOT NULL GENERATED ALWAYS AS
                  (to_tsvector('simple', name || ' ' || official_name)) STORED
);
CREATE INDEX countries_words ON countries USING gin (words);
CREATE INDEX countries_region ON countries (region, subregion);

CREATE TABLE currencies (
  code   char(3) PRIMARY KEY,
  name   text NOT NULL,
  symbol text
);

CREATE TABLE country_currencies (
  country_code  char(3) NOT NULL REFERENCES countries ON DELETE CASCADE,
  currency_code char(3) NOT NULL REFERENCES currencies ON DELETE RESTRICT,
  PRIMARY KEY (country_code, currency_code)
);

CREATE TABLE languages (
  code text PRIMARY KEY,
  name text NOT NULL
);

CREATE TABLE country_languages (
  country_code  char(3) NOT NULL REFERENCES countries ON DELETE CASCADE,
  language_code text NOT NULL REFERENCES languages ON UPDATE CASCADE ON DELETE RESTRICT,
  PRIMARY KEY (country_code, language_code)
);

-- What the absorbed country spoke and paid with, the other one does from now on.
CREATE FUNCTION merge_countries(absorbed char(3), remaining char(3)) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO country_languages SELECT remaining, language_code FROM country_languages
   WHERE country_code = absorbed ON CONFLICT DO NOTHING;
  INSERT INTO country_currencies SELECT remaining, currency_code FROM country_currencies
   WHERE country_code = absorbed ON CONFLICT DO NOTHING;
  UPDATE countries SET area = area + (SELECT area FROM countries WHERE code = absorbed) WHERE code = remaining;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no country %', remaining;
  END IF;
  DELETE FROM countries WHERE code = absorbed;
END $$;
