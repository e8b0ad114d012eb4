CREATE TABLE reading (
  sensor text NOT NULL,
  at timestamptz NOT NULL,
  value double precision NOT NULL,
  PRIMARY KEY (sensor, at)
);
