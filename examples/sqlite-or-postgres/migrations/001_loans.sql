CREATE TABLE book (
  isbn text PRIMARY KEY,
  title text NOT NULL,
  copies integer NOT NULL CHECK (copies > 0)
);

CREATE TABLE loan (
  isbn text NOT NULL REFERENCES book (isbn),
  reader text NOT NULL,
  due text NOT NULL,
  PRIMARY KEY (isbn, reader)
);
