INSERT INTO book (isbn, title, copies) VALUES
  ('978-0', 'A Short History of Tides', 1),
  ('978-1', 'Lighthouses of the North', 2);
