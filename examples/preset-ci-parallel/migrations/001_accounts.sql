CREATE TABLE account (
  name text PRIMARY KEY,
  balance integer NOT NULL DEFAULT 0 CHECK (balance >= 0)
);
