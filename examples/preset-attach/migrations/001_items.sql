CREATE TABLE item (
  name text PRIMARY KEY,
  quantity integer NOT NULL CHECK (quantity >= 0)
);
