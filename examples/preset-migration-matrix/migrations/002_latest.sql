CREATE VIEW latest AS
  SELECT DISTINCT ON (sensor) sensor, at, value FROM reading ORDER BY sensor, at DESC;
