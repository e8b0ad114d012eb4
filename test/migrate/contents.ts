/** What is in a database, read by its own client, and awkward things to put there. */
import { Redis } from 'ioredis'
import neo4j from 'neo4j-driver'
import pg from 'pg'

/** By the name of what is in it, all of it as text. */
export type Contents = Readonly<Record<string, unknown>>

export async function fill(url: string): Promise<void> {
  const name = new URL(url).protocol
  if (name === 'postgres:') await sql(url, awkwardTables)
  else if (name === 'bolt:') for (const statement of awkwardGraph) await cypher(url, statement)
  else
    await redis(
      url,
      async (client) => void (await Promise.all(awkwardKeys.map(([command, ...rest]) => client.call(command, rest)))),
    )
}

export async function contents(url: string, database?: string): Promise<Contents> {
  const name = new URL(url).protocol
  if (name.startsWith('postgres')) return tables(url)
  return name === 'bolt:' || name === 'neo4j:' ? graph(url, database) : redis(url, keys)
}

const awkwardTables = `
CREATE SCHEMA "Other schema";
CREATE TYPE mood AS ENUM ('glad', 'so''so');
CREATE TABLE person (
  id bigint GENERATED ALWAYS AS IDENTITY (START 41 INCREMENT 3) PRIMARY KEY,
  name text UNIQUE, mood mood, born date, seen timestamptz, worth numeric, tags text[], picture bytea, facts jsonb,
  shout text GENERATED ALWAYS AS (upper(name)) STORED
);
INSERT INTO person (name, mood, born, seen, worth, tags, picture, facts) VALUES
  ('Zoë "Q" O''Neil', 'glad', '0044-03-15 BC', 'infinity', 'NaN', ARRAY['a,b', NULL, '{}'], '\\x00ff0d0a', '{"a": [1, null]}'),
  (E'tab\\there\\nand\\\\there', 'so''so', NULL, '-infinity', 1e-30, '{}', '', '"\\u00e9"'),
  ('', NULL, '9999-12-31', now(), 12345678901234567890.123456789, NULL, NULL, NULL);
CREATE TABLE "Other schema"."Odd table" (at int, person bigint REFERENCES person, note text) PARTITION BY RANGE (at);
CREATE TABLE "Other schema".low PARTITION OF "Other schema"."Odd table" FOR VALUES FROM (MINVALUE) TO (100);
CREATE TABLE "Other schema".high PARTITION OF "Other schema"."Odd table" FOR VALUES FROM (100) TO (MAXVALUE);
INSERT INTO "Other schema"."Odd table" SELECT n, 41, repeat('é', n) FROM generate_series(1, 300) n;
CREATE TABLE empty ();
CREATE VIEW gladness AS SELECT name FROM person WHERE mood = 'glad';
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no more'; END $$;
CREATE TRIGGER refuse BEFORE DELETE ON person FOR EACH ROW EXECUTE FUNCTION refuse();
`

const later = Date.now() + 86_400_000
const awkwardKeys: readonly (readonly [string, ...(string | Buffer)[]])[] = [
  ['SET', 'plain', ''],
  ['SET', Buffer.from([0, 255, 13, 10]), Buffer.from([0, 1, 254, 10])],
  ['SET', 'goes', 'later', 'PXAT', String(later)],
  ['HSET', '{tag}:hash', 'a b', 'é', '', 'empty'],
  ['RPUSH', 'list', 'x', '', 'x', 'y'.repeat(70_000)],
  ['SADD', 'set', '1', '2', 'two words'],
  ['ZADD', 'sorted', '-inf', 'low', '0.1', 'mid', '+inf', 'high'],
  ['XADD', 'stream', '5-1', 'field', 'value', 'field', 'again'],
  ['XGROUP', 'CREATE', 'stream', 'readers', '0'],
  ['SETBIT', 'bits', '77', '1'],
]

const awkwardGraph = [
  'CREATE CONSTRAINT person_name IF NOT EXISTS FOR (p:Person) REQUIRE p.name IS UNIQUE',
  'CREATE INDEX place IF NOT EXISTS FOR (p:`Odd label`) ON (p.at)',
  `CREATE (a:Person:Admin {name: 'Zoë "Q"', big: 9223372036854775807, small: 0.1, yes: true, list: ['a', ''], none: []})
   CREATE (b:\`Odd label\` {at: point({latitude: 59.9, longitude: 10.7}), \`odd key\`: date('2020-02-29'),
     long: duration('P1M2DT3.5S'), time: datetime('2020-02-29T23:59:59.123456789+01:00')})
   CREATE (a)-[:KNOWS {since: localdatetime('2020-01-01T00:00')}]->(b), (b)-[:\`ODD TYPE\`]->(b), (a)-[:KNOWS]->(b)
   CREATE (), (:Person {name: ''})`,
]

/** Rows, and where the sequences are. */
async function tables(url: string): Promise<Contents> {
  const names = await sql(
    url,
    `SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'v', 'S') AND n.nspname IN ('public', 'Other schema') ORDER BY 1`,
  )
  const read = names.map(async ({ name }) => {
    const rows = await sql(url, `SELECT ROW(t.*)::text AS row FROM ${name} AS t ORDER BY 1`)
    // Only the position of a sequence is kept, not how far ahead its server had logged it.
    return [name, rows.map(({ row }) => String(row).replace(/^\((\d+),\d+,([tf])\)$/, '$1 $2'))]
  })
  return Object.fromEntries(await Promise.all(read))
}

async function keys(client: Redis): Promise<Contents> {
  const names = (await client.keysBuffer('*')).sort(Buffer.compare)
  const readers: Readonly<Record<string, (key: Buffer) => Promise<unknown>>> = {
    string: (key) => client.getBuffer(key),
    hash: async (key) => Object.entries(await client.hgetall(key)).sort(),
    list: (key) => client.lrange(key, 0, -1),
    set: async (key) => (await client.smembers(key)).sort(),
    // Servers write the same score with more digits, or with fewer.
    zset: async (key) =>
      ((await client.call('ZRANGE', key, '0', '-1', 'WITHSCORES')) as (string | string[])[])
        .flat()
        .map((text) => (Number.isFinite(Number(text)) ? Number(text) : text)),
    stream: async (key) => [await client.xrange(key, '-', '+'), await client.xinfo('GROUPS', key)],
  }
  const read = names.map(async (key) => {
    const value = await readers[await client.type(key)]?.(key)
    return [key.toString('hex'), [await client.call('PEXPIRETIME', key), value]]
  })
  return Object.fromEntries(await Promise.all(read))
}

async function graph(url: string, database?: string): Promise<Contents> {
  const lists = {
    nodes:
      'MATCH (n) UNWIND CASE labels(n) WHEN [] THEN [null] ELSE labels(n) END AS label RETURN label, properties(n) AS properties',
    relationships: 'MATCH (a)-[r]->(b) RETURN properties(a), type(r), properties(r), properties(b)',
    indexes: "SHOW INDEXES YIELD name, labelsOrTypes, properties, type WHERE type <> 'LOOKUP' RETURN *",
  }
  const read = Object.entries(lists).map(async ([name, statement]) => {
    const rows = await cypher(url, statement, database)
    return [name, rows.map((row) => JSON.stringify(row, inOrder)).sort()]
  })
  return Object.fromEntries(await Promise.all(read))
}

function inOrder(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`
  if (neo4j.isPoint(value as object) || neo4j.isDateTime(value as object) || neo4j.isDuration(value as object))
    return String(value)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort())
}

export async function sql(url: string, text: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query(text)).rows ?? []
  } finally {
    await client.end()
  }
}

export async function redis<Result>(url: string, work: (client: Redis) => Promise<Result>): Promise<Result> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 })
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    client.disconnect()
  }
}

export async function cypher(url: string, statement: string, database?: string): Promise<readonly object[]> {
  const { username, password, protocol, host } = new URL(url)
  const login = neo4j.auth.basic(decodeURIComponent(username), decodeURIComponent(password))
  const driver = neo4j.driver(`${protocol}//${host}`, login, { useBigInt: true, connectionTimeout: 5_000 })
  try {
    const { records } = await driver.executeQuery(statement, {}, database === undefined ? {} : { database })
    return records.map((record) => record.toObject())
  } finally {
    await driver.close()
  }
}
