import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readSides, type Sides, sidesFile, sidesFolder } from '../../src/upgrade/sides/record.ts'
import { config, readText, Sandbox } from '../cli/sandbox.ts'
import { long } from '../long.ts'

const blue = 'blue (postgres 15, redis 7.0)'
const green = 'green (postgres 18, redis valkey@9)'

/** Tells the server's version and the orders, after a statement and a key when those are given. */
const shop = `import { createRequire } from 'node:module'
const require = createRequire(${JSON.stringify(import.meta.url)})
const [pg, { Redis }] = [require('pg'), require('ioredis')]
const [statement, key] = process.argv.slice(2)
const client = new pg.Client(process.env.DATABASE_URL)
const redis = new Redis(process.env.REDIS_URL)
await client.connect()
if (statement) await client.query(statement)
if (key) await redis.set(key, 'x')
const { rows } = await client.query("SELECT split_part(current_setting('server_version'), '.', 1) AS version, count(*) AS orders FROM orders")
console.log(rows[0].version, rows[0].orders, await redis.dbsize())
await Promise.all([client.end(), redis.quit()])
`

/** A run: it has a lane until it hears something. */
const run = `import { createRequire } from 'node:module'
import { lease } from 'isolane'
const pg = createRequire(${JSON.stringify(import.meta.url)})('pg')
const lane = await lease()
const client = new pg.Client(lane.postgres.url)
await client.connect()
const { rows } = await client.query('SELECT count(*) AS orders FROM orders')
await client.end()
console.log('has', lane.postgres.version, rows[0].orders)
process.stdin.once('data', async () => {
  console.log('still', lane.postgres.version)
  await lane[Symbol.asyncDispose]()
  process.exit()
})
`

const makesPostgres = ['upgrade', '--blue-green', '--postgres', '15→18'] as const
const makes = [...makesPostgres, '--redis', '7.0→valkey@9'] as const

class Shop extends Sandbox {
  constructor(more = '') {
    super({
      files: {
        'isolane.config.ts': config(`postgres: postgres({ version: '15', migrations: './migrations' }), ${more}`),
        'migrations/1.sql':
          "CREATE TABLE orders (id int PRIMARY KEY, what text); INSERT INTO orders VALUES (1, 'a'), (2, 'b');\n",
        'shop.mjs': shop,
        'run.mjs': run,
      },
    })
  }

  get key() {
    return { stateFolder: this.stateFolder, root: this.root, name: 'default' }
  }

  get sides(): Sides {
    const sides = readSides(this.key)
    if (!sides) throw new Error('there are no sides')
    return sides
  }

  /** What `isolane exec` gets: version, orders, keys. */
  async shop(...args: readonly string[]): Promise<string> {
    return (await this.cli(['exec', '--', 'node', 'shop.mjs', ...args])).stdout
  }
}

describe.skipIf(long)(`blue and green${long}`, { timeout: 180_000 }, () => {
  test('are up beside each other; one counts, until both end', async () => {
    await using project = new Shop("redis: redis({ version: '7.0' })")
    const refused = await project.cli([...makes, '--way', 'pg_upgrade'])
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('--way is for a rehearsal') })
    expect(project.leftovers.list()).toEqual([])
    const made = await project.cli([...makes, '--json', 'sides.json'])
    expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining(`${green} is up`) })
    expect(made.stderr.match(/things to know about it/g)).toHaveLength(1)
    expect(JSON.parse(readText(join(project.root, 'sides.json')))).toEqual(project.sides)

    // `exec` works on the data of the active one, and runs get clean lanes of it.
    await Promise.all([project.shop("INSERT INTO orders VALUES (3, 'c')", 'one'), project.shop('', 'two')])
    expect(await project.shop("UPDATE orders SET what = 'z' WHERE id = 1")).toBe('15 3 2')
    const going = project.script(join(project.root, 'run.mjs'))
    await going.says(/has 15\S* 2/)
    const switched = await project.cli(['switch', 'green'])
    expect(switched).toMatchObject({ code: 0, stderr: '' })
    expect(switched.stdout.split('\n')).toEqual([
      `${green} is active now: new runs and \`isolane exec\` get it. Runs that go on keep blue.`,
      'Written to blue since the copy, and not in green:',
      '  postgres public.orders: 1 added, 1 changed',
      '  redis string: 2 added',
      'Nothing was written to green since the copy.',
      'Back: isolane switch --rollback',
    ])
    const other = project.script(join(project.root, 'run.mjs'))
    await other.says(/has 18\S* 2/)
    for (const run of [going, other]) run.type('go on\n')
    await going.says(/still 15/)
    // Neither has a word to say of stacks: the one that is up is what it wants.
    expect([going, other].map(({ output }) => output).join('')).not.toContain('stack')
    expect(await Promise.all([going.ended, other.ended])).toMatchObject([{ code: 0 }, { code: 0 }])

    // What is written stays behind, and is told.
    expect(await project.shop('DELETE FROM orders WHERE id = 2')).toBe('18 1 0')
    const back = await project.json(['switch', '--rollback', '--json'])
    const changes = [{ group: 'public.orders', before: 2, after: 1, added: 0, removed: 1, changed: 0 }]
    expect(back.value).toMatchObject({
      from: 'green',
      to: 'blue',
      sides: [
        { name: 'blue', active: true, up: true, writes: [{ service: 'postgres' }, { service: 'redis' }] },
        { name: 'green', active: false, up: true, writes: [{ service: 'postgres', changes }] },
      ],
    })

    // Lanes, stacks and the snapshot stay as long as both do.
    const ends = { code: 1, stderr: expect.stringContaining('`isolane down` ends both sides') }
    const env = { ISOLANE_VERSIONS: 'postgres=15,redis=7.0' }
    const { snapshot } = project.sides
    expect(
      await Promise.all([
        project.cli(['down', 'lane-1']),
        project.cli(['down'], { env }),
        project.cli(['snapshot', 'remove', snapshot.name, '--yes']),
        project.cli(['status']),
        project.cli(makes),
        project.cli(['down']),
      ]),
    ).toMatchObject([
      ends,
      ends,
      { code: 1, stderr: expect.stringContaining('is being read by another process') },
      { code: 0, stdout: expect.stringContaining(`Side ${blue}; ${green} is up beside it.`) },
      { code: 1, stderr: expect.stringContaining('are there already') },
      { code: 5, stdout: expect.stringContaining('  blue postgres public.orders: 1 added, 1 changed') },
    ])

    // One that was killed is told of, and is not switched to.
    process.kill(project.sides.blue.owner.pid, 'SIGKILL')
    const gone = { code: 3, stderr: expect.stringMatching(/The blue side .* is gone with its data.*`isolane down`/) }
    await expect.poll(() => project.cli(['exec', '--', 'true'])).toMatchObject(gone)
    const forward = await project.cli(['switch', 'green'])
    expect(forward.stdout).toContain('what was written to blue is lost')
    expect(forward.stdout).not.toContain('Back:')
    expect(await project.cli(['switch', '--rollback'])).toMatchObject(gone)
    expect(await project.shop()).toBe('18 1 0')

    // Nor is anything guessed.
    await rm(join(sidesFolder(project.stateFolder), project.sides.id, 'green', 'saved.json'))
    const shown = await project.cli(['switch'])
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringMatching(/written to green .* can't be told/) })
    const asks = { code: 5, stdout: expect.stringContaining("green: what was written to it can't be told") }
    expect(await project.cli(['down'])).toMatchObject(asks)
    const down = await project.cli(['down', '--yes'])
    expect(down.stdout).toBe('Blue and green are down. What the config says counts again.')
    await expectNoTrace(project)
  })

  test('of which the making was killed are not there, and leave nothing', async () => {
    await using project = new Shop()
    const moments = [/postgres: postgres 15\S* is ready/, /green postgres: .* is ready/]
    for (const reaches of moments) {
      const making = project.start(makesPostgres)
      await making.says(reaches)
      await making.kill()
      expect(readSides(project.key)).toBeUndefined()
    }
    expect(await project.cli(makesPostgres)).toMatchObject({ code: 0 })

    // As if it had been killed just before both were on record.
    const { id, root, name, blue, green, snapshot } = project.sides
    const stacks = [blue, green].map(({ stack, owner }) => ({ name: stack, owner }))
    const made = { id, root, name, owner: { pid: 1, startedAt: 'long ago' }, stacks, snapshot: snapshot.path }
    const file = sidesFile(project.key)
    await writeFile(file.replace('.json', '.making.json'), JSON.stringify(made))
    await rm(file)
    expect((await project.cli(['gc', '--yes'])).stdout).toContain(`removed half-made blue and green of ${root}`)
    await expectNoTrace(project)
  })
})

async function expectNoTrace(project: Shop): Promise<void> {
  await project.cli(['gc', '--quiet'])
  await project.expectNothingLeft()
  expect((await project.cli(['snapshot', 'list'])).stdout).toMatch(/^There are no snapshots/)
}
