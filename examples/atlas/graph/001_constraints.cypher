CREATE CONSTRAINT country_code IF NOT EXISTS FOR (c:Country) REQUIRE c.code IS UNIQUE;
CREATE INDEX country_region IF NOT EXISTS FOR (c:Country) ON (c.region);
