/** The way of `isolane upgrade` from PostgreSQL 13 to 18, on a project with migrations in files and a suite of its own. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { config } from '../cli/sandbox.ts'
import { long } from '../long.ts'
import { UpgradeProject } from './upgrade-project.ts'

const files = {
  'isolane.config.ts': config("postgres: postgres({ migrations: './migrations', seed: './seed.sql' })"),
  'migrations/1_city.sql': `CREATE TABLE city (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE, founded date);
    CREATE FUNCTION shout(word text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT upper(word) $$;`,
  'migrations/2_measure.sql': `CREATE TABLE measure (city int REFERENCES city, at timestamptz, value double precision, tags text[]);
    CREATE INDEX measure_city ON measure (city);`,
  'seed.sql': `INSERT INTO city (name, founded) SELECT 'city ' || n, date '0001-01-01' + n * 300 FROM generate_series(1, 500) n;
    INSERT INTO measure SELECT n % 500 + 1, timestamptz '2024-03-31 01:59:59.999999+01' + n * interval '1 hour', n / 3.0, ARRAY['a', NULL, 'ü"\\'] FROM generate_series(1, 5000) n;`,
  'queries.sql': `SELECT count(*) FROM measure WHERE city = 7;
    SELECT c.name, sum(m.value) FROM city c JOIN measure m ON m.city = c.id GROUP BY c.name ORDER BY 2 DESC LIMIT 3;
    SELECT array_agg(x ORDER BY x) FROM (SELECT DISTINCT value::int % 7 AS x FROM measure) s;
    UPDATE city SET name = name || '!';
    SELECT date_bin('1 day', at, timestamptz '2024-01-01') FROM measure LIMIT 1;`,
  'more/3_people.sql': 'ALTER TABLE city ADD people int NOT NULL DEFAULT 0;',
  'broken.sql': "UPDATE city SET name = 'Oslo';\nCREATE TABLE never ();",
  'client.ts': `import pg from 'pg'
    export async function first(text) {
      const client = new pg.Client(process.env.DATABASE_URL)
      await client.connect()
      try { return (await client.query(text)).rows[0] } finally { await client.end() }
    }`,
  'good.test.ts': `import { expect, test } from 'vitest'
    import { first } from './client.ts'
    test('has the cities', async () => expect(await first('SELECT count(*)::int AS n FROM city')).toEqual({ n: 500 }))`,
  // From 14 on EXTRACT gives a numeric, which the client hands on as text.
  'year.test.ts': `import { describe, expect, test } from 'vitest'
    import { first } from './client.ts'
    describe('a city', () => {
      test('knows its year', async () => expect(await first("SELECT extract(year FROM date '2024-02-29') AS year")).toEqual({ year: 2024 }))
    })`,
}

/** Who may create in the schema `public` of a database that comes from before 15 stays as it was. */
const publicRights = [expect.stringMatching(/^- schema public /), expect.stringMatching(/^\+ schema public /)]

describe.skipIf(long)(`a rehearsal from 13 to 18${long}`, { timeout: 300_000 }, () => {
  const project = new UpgradeProject(files)
  afterAll(() => project[Symbol.asyncDispose]())
  let before = ''

  test('tells what differs, and which tests fail on the new version only', async () => {
    const summary = join(project.base, 'summary.md')
    const line = ['--postgres', '13→18', '--migrations', 'more', '--queries', 'queries.sql', '--summary', summary]
    const { code, found, page, stderr } = await project.upgrade([...line, '--', 'npx', 'vitest', 'run'])
    expect({ code, result: found.result, failure: found.failure }, stderr).toEqual({
      code: 1,
      result: 'failed',
      failure: undefined,
    })
    const [upgrade] = found.upgrades
    expect(upgrade).toMatchObject({
      service: 'postgres',
      from: expect.stringMatching(/^13\./),
      to: expect.stringMatching(/^18\./),
      way: 'dump and restore',
      migrations: { ran: ['3_people.sql'], left: './migrations was applied on the old version', failures: [] },
      data: { schema: 'different', schemaDifference: [expect.stringMatching(/^\+ .*people/)], entries: 5501 },
      fresh: { schema: 'different' },
    })
    expect(upgrade?.milliseconds).toBeGreaterThan(0)
    expect(upgrade?.warnings.length).toBeGreaterThan(0)
    // The new column is in every row.
    expect(upgrade?.data?.changes).toEqual([
      { group: 'public.city', before: 500, after: 500, added: 0, removed: 0, changed: 500 },
    ])
    const [indexed, , , changing, newer] = upgrade?.queries ?? []
    for (const query of [indexed, changing]) {
      expect(query).toMatchObject({ before: { milliseconds: expect.any(Number) }, factor: expect.any(Number) })
    }
    expect(newer).toMatchObject({
      before: { failure: expect.stringContaining('date_bin') },
      after: { milliseconds: expect.any(Number) },
    })
    const { broken, failing, mended, missing, ...sides } = found.suite ?? {}
    expect(sides).toMatchObject({ before: { status: 'passed', passed: 2 }, after: { status: 'failed', failed: 1 } })
    expect({ failing, mended, missing }).toEqual({ failing: [], mended: [], missing: [] })
    expect(broken).toMatchObject([{ file: 'year.test.ts', name: 'a city > knows its year' }])
    expect(found.snapshots).toEqual({
      before: expect.stringMatching(/-before$/),
      after: expect.stringMatching(/-after$/),
    })
    expect(project.snapshots).toEqual(Object.values(found.snapshots ?? {}).sort())
    for (const text of [page, readFileSync(summary, 'utf8')]) {
      expect(text).toContain('FAIL on the new side only:\n  year.test.ts > a city > knows its year')
      expect(text).toContain('FAILED: the upgrade does not work as it is')
      expect(text).toContain(`snapshot diff ${found.snapshots?.before} ${found.snapshots?.after}`)
    }
    before = found.snapshots?.before ?? ''
    await project.expectNothingLeft()
  })

  test('begins with a snapshot, leaves it as it is, and nothing else where nothing differs', async () => {
    const [folder, untouched] = [join(project.snapshotFolder ?? '', before), project.snapshots]
    const bytes = digestOf(folder)
    const line = ['--service', 'postgres=13..18', '--from-snapshot', before, '--lane', 'lane-1']
    const { code, found, stderr } = await project.upgrade([...line, '--', 'npx', 'vitest', 'run', 'good.test.ts'])
    expect({ code, result: found.result }, stderr).toEqual({ code: 0, result: 'same' })
    expect(found).toMatchObject({ start: { snapshot: before, lane: 'lane-1' }, others: [] })
    expect(found.upgrades).toMatchObject([
      { data: { schema: 'same', changes: [], groups: 4 }, fresh: { schemaDifference: publicRights } },
    ])
    expect(found.upgrades[0]?.migrations).toMatchObject({ ran: [], left: expect.stringContaining('is not known') })
    expect(project.snapshots).toEqual(untouched)
    expect(digestOf(folder)).toBe(bytes)
    await project.expectNothingLeft()
  })

  test('tells of a migration that fails in the words of the server, and goes on', async () => {
    const { code, found, page } = await project.upgrade(['--postgres', '13:18', '--migrations', 'broken.sql'])
    expect({ code, result: found.result }).toEqual({ code: 1, result: 'failed' })
    const [upgrade] = found.upgrades
    expect(upgrade?.migrations.failures).toEqual([
      expect.stringMatching(/broken\.sql.*duplicate key value violates unique constraint "city_name_key"/s),
    ])
    expect(upgrade).toMatchObject({
      data: { schema: 'same', changes: [] },
      fresh: { schema: 'different', schemaDifference: publicRights },
    })
    expect(page).toContain('broken.sql: FAILED on the upgraded data')
    await project.expectNothingLeft()
  })
})

/** Of all files in a folder, with their names and modes. */
function digestOf(folder: string): string {
  const hash = createHash('sha256')
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }).sort(byPath)) {
    if (!entry.isFile()) continue
    hash
      .update(pathOf(entry))
      .update('\0')
      .update(readFileSync(pathOf(entry)))
  }
  return hash.digest('hex')
}

type Entry = { readonly parentPath: string; readonly name: string }
const pathOf = ({ parentPath, name }: Entry) => join(parentPath, name)
const byPath = (left: Entry, right: Entry) => (pathOf(left) < pathOf(right) ? -1 : 1)
