import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, watch } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { cacheFolder } from '../../src/core/folders.ts'
import { type CliOptions, packageFolder, Sandbox } from '../cli/sandbox.ts'
import { long } from '../long.ts'

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** Another machine's cache, but for the engines, which only take long. */
function cache(): CliOptions & { readonly saved: string } {
  const folder = mkdtempSync(join(tmpdir(), 'isolane-cache-'))
  folders.push(folder)
  symlinkSync(join(cacheFolder(), 'engines'), join(folder, 'engines'))
  return { env: { ISOLANE_CACHE_DIR: folder }, saved: join(folder, 'saved') }
}

const clients = join(packageFolder, 'node_modules')

const shop = `
    postgres: postgres({ version: '15', migrations: './migrations', seed: { command: 'echo postgres >> made', inputs: ['migrations'] } }),`
const all = `${shop}
    redis: redis({ version: 'valkey', seed: { run: fill, inputs: ['migrations'] } }),
    graph: neo4j({ migrations: './graph', seed: { command: 'echo graph >> made', inputs: ['graph'] } }),
    files: sqlite({ migrations: './migrations' }),`

/** Its steps leave a mark in `made` when they run. */
function project(services: string): Sandbox {
  const files = {
    'isolane.config.ts': `
import { appendFileSync } from 'node:fs'
import { defineStack, neo4j, postgres, redis, sqlite } from 'isolane'
import { Redis } from '${clients}/ioredis/built/index.js'

const mark = (what) => appendFileSync(new URL('made', import.meta.url), what + '\\n')
const fill = async ({ lane }) => {
  mark('redis')
  const client = new Redis(lane.url)
  await client.set('city', 'Oslo')
  client.disconnect()
}

export default defineStack({
  services: {${services}
  },
})`,
    'migrations/1_cities.sql': 'CREATE TABLE city (name text PRIMARY KEY);\n',
    'migrations/2_first.sql': "INSERT INTO city VALUES ('Oslo');\n",
    'graph/1_cities.cypher': "CREATE (:City {name: 'Oslo'});\n",
    'look.mjs': `
import pg from '${clients}/pg/lib/index.js'
import { Redis } from '${clients}/ioredis/built/index.js'
import neo4j from '${clients}/neo4j-driver/lib/index.js'
const client = new pg.Client({ connectionString: process.env.DATABASE_URL })
await client.connect()
const { rows } = await client.query('SELECT name FROM city')
await client.end()
const found = [rows]
const { REDIS_URL, NEO4J_URI, NEO4J_USER, NEO4J_PASSWORD } = process.env
if (REDIS_URL) {
  const redis = new Redis(REDIS_URL)
  found.push(await redis.get('city'))
  redis.disconnect()
}
if (NEO4J_URI) {
  const driver = neo4j.default.driver(NEO4J_URI, neo4j.default.auth.basic(NEO4J_USER, NEO4J_PASSWORD))
  const { records } = await driver.executeQuery('MATCH (c:City) RETURN c.name AS name')
  await driver.close()
  found.push(records.map((record) => record.get('name')))
}
console.log(JSON.stringify(found))
`,
  }
  return new Sandbox({ files, program: join(packageFolder, 'src', 'cli', 'index.ts') })
}

const contents = { shop: '[[{"name":"Oslo"}]]', all: '[[{"name":"Oslo"}],"Oslo",["Oslo"]]' }
const made = (sandbox: Sandbox) => {
  const file = join(sandbox.root, 'made')
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').sort() : []
}

describe.skipIf(long)(`templates on the command line${long}`, { timeout: 150_000 }, () => {
  test('made once, exported, and imported elsewhere, where nothing is migrated', async () => {
    await using sandbox = project(all)
    const here = cache()
    const { code, stdout: key, stderr } = await sandbox.cli(['template', 'key'], here)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(key).toMatch(new RegExp(`^isolane-template-${process.platform}-${process.arch}-[0-9a-f]{16}$`))
    expect(made(sandbox)).toEqual([])

    const exported = await sandbox.cli(['template', 'export', 'out/template.tar'], here)
    expect(exported.code, exported.stderr).toBe(0)
    expect(exported.stdout.split('\n')).toEqual([
      expect.stringMatching(/^Wrote out\/template\.tar \([\d.]+ MB\): postgres .*, redis .*, graph /),
      `key: ${key}`,
    ])
    expect(exported.stderr).toContain('isolane files: not in it: its databases are files')
    expect(made(sandbox)).toEqual(['graph', 'postgres', 'redis'])

    // Neo4j's class-data archive belongs to a cache folder, and takes long to make anew.
    const there = here
    rmSync(there.saved, { recursive: true })
    const imported = await sandbox.cli(['template', 'import', 'out/template.tar'], there)
    expect(imported).toMatchObject({
      code: 0,
      stdout: 'postgres: imported\nredis: imported\ngraph: imported',
      stderr: '',
    })
    const again = await sandbox.cli(['template', 'import', 'out/template.tar'], there)
    expect(again.stdout).toBe('postgres: was here already\nredis: was here already\ngraph: was here already')
    const run = await sandbox.cli(['exec', '--', 'node', 'look.mjs'], there)
    expect(run.stdout, run.stderr).toBe(contents.all)
    expect(run.stderr).not.toContain('did not start')
    expect(made(sandbox)).toEqual(['graph', 'postgres', 'redis'])
    await sandbox.expectNothingLeft()
  }, 400_000)

  test('refused once a migration differs, and the key is another', async () => {
    await using sandbox = project(shop)
    const here = cache()
    const before = await sandbox.cli(['template', 'export', 'template.tar'], here)
    sandbox.write('migrations/3_more.sql', "INSERT INTO city VALUES ('Bergen');\n")
    const there = cache()
    const { code, stderr } = await sandbox.cli(['template', 'import', 'template.tar'], there)
    expect(code).toBe(1)
    expect(stderr).toContain('postgres was made from other migrations, seeds or options')
    expect(stderr).toContain('ISOLANE_TEMPLATE_REFUSED')
    expect(existsSync(there.saved)).toBe(false)
    expect(before.stdout).not.toContain((await sandbox.cli(['template', 'key'], here)).stdout)
    await sandbox.expectNothingLeft()
  })

  test('two imports at once: one of them has it, and both are content', async () => {
    await using sandbox = project(shop)
    const [, key] = (await sandbox.cli(['template', 'export', 'template.tar'], cache())).stdout.split('key: ')
    const there = cache()
    expect((await sandbox.cli(['template', 'key'], there)).stdout).toBe(key)
    const both = await Promise.all([1, 2].map(() => sandbox.cli(['template', 'import', 'template.tar'], there)))
    expect(both.map(({ code }) => code)).toEqual([0, 0])
    const lines = both.flatMap(({ stdout }) => stdout.split('\n')).filter((line) => line.endsWith(': imported'))
    expect(lines).toEqual(['postgres: imported'])
    expect(readdirSync(there.saved)).toHaveLength(1)
    // An instance for each lane begins with it too.
    const isolated = { env: { ...there.env, ISOLANE_MODE: 'isolated' } }
    const run = await sandbox.cli(['exec', '--', 'node', 'look.mjs'], isolated)
    expect(run.stdout, run.stderr).toBe(contents.shop)
    expect(made(sandbox)).toEqual(['postgres'])
    await sandbox.expectNothingLeft()
  })

  test('killed at any moment, an import leaves whole templates or none, and a later one goes on', async () => {
    await using sandbox = project(shop)
    await sandbox.cli(['template', 'export', 'template.tar'], cache())
    const there = cache()
    mkdirSync(there.saved)
    for (let kill = 0; kill < 6; kill += 1) {
      const importing = sandbox.start(['template', 'import', 'template.tar'], there)
      const changes = watch(there.saved)
      await Promise.race([once(changes, 'change'), importing.ended])
      changes.close()
      await delay(kill * 40)
      await importing.kill()
    }
    for (const name of readdirSync(there.saved).filter((each) => !each.startsWith('.'))) {
      expect(readdirSync(join(there.saved, name)).sort()).toEqual(['saved.json', 'state'])
    }
    expect((await sandbox.cli(['template', 'import', 'template.tar'], there)).code).toBe(0)
    const run = await sandbox.cli(['exec', '--', 'node', 'look.mjs'], there)
    expect(run.stdout, run.stderr).toBe(contents.shop)
    expect(made(sandbox)).toEqual(['postgres'])
    expect(readdirSync(there.saved).filter((name) => name.startsWith('.'))).toEqual([])
    await sandbox.expectNothingLeft()
  })

  test('killed, an export leaves no file that could be taken for one, and gc removes what there is', async () => {
    await using sandbox = project(shop)
    const here = cache()
    await sandbox.cli(['template', 'export', 'first.tar'], here)
    mkdirSync(join(sandbox.root, 'out'))
    const partials = () => readdirSync(join(sandbox.root, 'out'))
    const exporting = sandbox.start(['template', 'export', 'out/template.tar'], here)
    await expect.poll(partials, { interval: 2 }).not.toEqual([])
    await exporting.kill()
    expect(partials()).toEqual([expect.stringMatching(/^\.template\.tar\.[0-9a-f]+\.partial$/)])
    await sandbox.cli(['gc', '--yes'], here)
    expect(partials()).toEqual([])
    await sandbox.expectNothingLeft()
  })

  test('no template travels: the reason is told', async () => {
    const seed = "seed: { command: 'true' }"
    await using sandbox = project(`postgres: postgres({ version: '15', ${seed} }), files: sqlite(),`)
    const { code, stderr } = await sandbox.cli(['template', 'export'], cache())
    expect(code).toBe(1)
    expect(stderr).toMatch(/postgres: its migrations or seed are a command.* without `inputs`.*; files: its databases/)
    await sandbox.expectNothingLeft()
  })
})
