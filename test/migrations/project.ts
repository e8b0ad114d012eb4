/** Migrations as people write them, the good ones and the bad ones. */
export const postgresMigrations: Readonly<Record<string, string>> = {
  'migrations/01_people.sql': `
    CREATE TYPE mood AS ENUM ('sad', 'happy');
    CREATE DOMAIN percent AS int CHECK (VALUE BETWEEN 0 AND 100);
    CREATE TABLE people (
      id bigserial PRIMARY KEY,
      mail text NOT NULL UNIQUE CHECK (mail LIKE '%@%'),
      code char(3) NOT NULL CHECK (code ~ '^[A-Z]+$'),
      age int NOT NULL CHECK (age >= 18 AND age < 120),
      state varchar(8) NOT NULL CHECK (state IN ('new', 'old')),
      share percent NOT NULL, feeling mood NOT NULL, price numeric(6,2) NOT NULL, tags text[], about jsonb, during tstzrange,
      low int NOT NULL, high int NOT NULL CHECK (low < high), born date,
      twice int GENERATED ALWAYS AS (low * 2) STORED
    );
    CREATE TABLE orders (
      id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      person bigint NOT NULL REFERENCES people, parent int REFERENCES orders, total numeric NOT NULL
    );
    CREATE TABLE likes (person bigint REFERENCES people, orders int REFERENCES orders, PRIMARY KEY (person, orders));
    CREATE TABLE events (at timestamptz NOT NULL, what text) PARTITION BY RANGE (at);
    CREATE TABLE events_old PARTITION OF events FOR VALUES FROM ('2019-01-01') TO ('2020-01-01');
    CREATE TABLE events_new PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
    CREATE TABLE shapes (id int PRIMARY KEY, snapshot txid_snapshot NOT NULL);`,
  'migrations/01_people.down.sql': `
    DROP TABLE shapes, events, likes, orders, people; DROP DOMAIN percent; DROP TYPE mood;`,
  'migrations/02_index.sql': 'CREATE INDEX CONCURRENTLY orders_person ON orders (person);',
  'migrations/02_index.down.sql': 'DROP INDEX CONCURRENTLY orders_person;',
  'migrations/03_rewrite.sql':
    'BEGIN; ALTER TABLE orders ALTER COLUMN total TYPE text; COMMIT;\nCREATE INDEX ON people (age);',
  'migrations/04_rename.sql': `
    ALTER TABLE people RENAME COLUMN mail TO email;
    CREATE TABLE profiles AS SELECT id, about FROM people;
    ALTER TABLE people DROP COLUMN about, ADD COLUMN note text;
    UPDATE people SET price = price + 1;`,
  'migrations/05_half.sql': 'ALTER TABLE people DROP COLUMN note; CREATE TABLE extra (id int);',
  'migrations/05_half.down.sql': 'ALTER TABLE people ADD COLUMN note text;',
  'migrations/06_fewer.sql': 'DELETE FROM likes WHERE person % 2 = 0;',
  'migrations/07_random.sql': `
    DO $$ BEGIN EXECUTE format('CREATE TABLE part_%s (id int)', replace(gen_random_uuid()::text, '-', '')); END $$;`,
  'migrations/08_nulls.sql':
    '-- nobody gave it a value\nCREATE TABLE fine (id int);\nALTER TABLE people ALTER COLUMN born SET NOT NULL;',
  'migrations/09_never.sql': 'SELECT this is not run;',
}

/** What knex and its kind do: one step a call, written down in a table of its own. */
export function tool(client: string): string {
  return `
import pg from ${JSON.stringify(client)}
const steps = [
  ['20240101_people', 'CREATE TABLE people (id serial PRIMARY KEY, name text)', 'DROP TABLE people'],
  ['20240102_age', 'ALTER TABLE people ADD COLUMN age int', 'ALTER TABLE people DROP COLUMN age'],
  ['20240103_none', 'UPDATE people SET age = 0 WHERE id < 0', 'SELECT 1'],
  ['20240104_name', 'ALTER TABLE people DROP COLUMN name', 'SELECT broken'],
]
const client = new pg.Client()
await client.connect()
await client.query('CREATE TABLE IF NOT EXISTS done (name text PRIMARY KEY, at timestamptz DEFAULT now())')
const { rows } = await client.query('SELECT name FROM done')
const isUp = process.argv[2] === 'up'
const step = steps[isUp ? rows.length : rows.length - 1]
await client.query('BEGIN')
if (step) {
  await client.query(step[isUp ? 1 : 2])
  if (isUp) await client.query('INSERT INTO done (name) VALUES ($1)', [step[0]])
  else await client.query('DELETE FROM done WHERE name = $1', [step[0]])
  console.log('ran', step[0] + '.js')
}
await client.query('COMMIT')
await client.end()
`
}

/** The same on SQLite with `knex_migrations`; it calls it a failure that nothing is left. */
export const sqliteTool = `
import { DatabaseSync } from 'node:sqlite'
const steps = [
  ['1_one', 'CREATE TABLE one (id INTEGER PRIMARY KEY, note TEXT)'],
  ['2_none', 'DELETE FROM one WHERE id < 0'],
  ['3_two', 'CREATE TABLE two (id INTEGER PRIMARY KEY)'],
]
const database = new DatabaseSync(new URL(process.env.DATABASE_URL).pathname)
database.exec('CREATE TABLE IF NOT EXISTS knex_migrations (name TEXT)')
const [name, statement] = steps[database.prepare('SELECT count(*) AS count FROM knex_migrations').get().count] ?? []
if (!name) {
  console.log('0 of 3\\nerror: no change')
  process.exit(1)
}
database.exec(statement)
database.prepare('INSERT INTO knex_migrations VALUES (?)').run(name)
console.log('ran', name + '.js')
`
