CREATE TABLE travellers (
  id    integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name  text NOT NULL,
  email text NOT NULL
);
CREATE UNIQUE INDEX travellers_email ON travellers (lower(email));

CREATE TABLE trips (
  id           integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  traveller_id integer NOT NULL REFERENCES travellers ON DELETE CASCADE,
  title        text NOT NULL,
  starts_on    date NOT NULL,
  ends_on      date NOT NULL,
  spent        numeric(12, 2) NOT NULL DEFAULT 0,
  CHECK (ends_on >= starts_on)
);

CREATE TABLE stops (
  trip_id      integer NOT NULL REFERENCES trips ON DELETE CASCADE,
  position     integer NOT NULL CHECK (position > 0),
  country_code char(3) NOT NULL REFERENCES countries ON DELETE RESTRICT,
  PRIMARY KEY (trip_id, position)
);

CREATE TABLE expenses (
  id            integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  trip_id       integer NOT NULL REFERENCES trips ON DELETE CASCADE,
  currency_code char(3) NOT NULL REFERENCES currencies,
  amount        numeric(12, 2) NOT NULL CHECK (amount > 0)
);

-- trips.spent always is the sum of the trip's expenses.
CREATE FUNCTION add_up_expenses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    UPDATE trips SET spent = spent - OLD.amount WHERE id = OLD.trip_id;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    UPDATE trips SET spent = spent + NEW.amount WHERE id = NEW.trip_id;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER expenses_add_up AFTER INSERT OR UPDATE OR DELETE ON expenses
  FOR EACH ROW EXECUTE FUNCTION add_up_expenses();

-- Seats on the one tour bus that visits each country.
CREATE SEQUENCE booking_numbers START 1000;
CREATE TABLE bookings (
  number       integer PRIMARY KEY DEFAULT nextval('booking_numbers'),
  country_code char(3) NOT NULL REFERENCES countries ON DELETE CASCADE,
  seat         integer NOT NULL CHECK (seat BETWEEN 1 AND 12),
  traveller_id integer NOT NULL REFERENCES travellers ON DELETE CASCADE,
  UNIQUE (country_code, seat)
);
