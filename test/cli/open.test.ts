import { chmodSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { findProgram } from '../../src/cli/find-program.ts'
import { byHand } from '../../src/cli/open.ts'
import { laneShells } from '../../src/lane-shells.ts'
import type { Program } from '../vitest/program.ts'
import { config, Sandbox } from './sandbox.ts'

/** Writes what it was started with and the password it found, then what it reads. */
const recorder = `#!/bin/sh
echo "$(basename "$0") $*"
echo "password $REDISCLI_AUTH"
cat
`

/** What would lead psql to another server, or to none. */
const elsewhere = { PGSERVICE: 'production', PGHOSTADDR: '192.0.2.1', PGSSLNEGOTIATION: 'direct' }

const services = "cache: redis(), file: sqlite(), db: postgres({ version: '15' })"

describe('of a stack that is up', () => {
  let sandbox: Sandbox
  let stuck: Program
  let env: Readonly<Record<string, string>>

  beforeAll(async () => {
    const text = config(services).replace('redis }', 'redis, sqlite }')
    sandbox = new Sandbox({ files: { 'isolane.config.ts': text } })
    await sandbox.cli(['up'])
    // It holds a lane, as a test does that is stuck.
    stuck = sandbox.start(['exec', '--', process.execPath, '-e', 'console.log("stuck"); setInterval(() => {}, 999)'])
    await stuck.says(/stuck/)
    const { value } = await sandbox.json(['status', '--json', '--passwords'])
    const { lanes } = (value as { pool: { lanes: { name: string; env?: Record<string, string> }[] } }).pool
    env = lanes.find(({ name }) => name === 'lane-1')?.env ?? {}
    expect(env.REDIS_PASSWORD).toMatch(/^.{20,}$/)
  })

  afterAll(async () => {
    stuck.signal('SIGTERM')
    await stuck.ended
    await sandbox[Symbol.asyncDispose]()
  })

  /** The environment in which nothing but these programs, and the system's own, are found. */
  function only(...names: readonly string[]): { env: Record<string, string> } {
    const folder = join('programs', names.join('-') || 'none')
    for (const name of names) {
      sandbox.write(join(folder, name), recorder)
      chmodSync(join(sandbox.root, folder, name), 0o755)
    }
    const system = names.length > 0 ? ['/usr/bin', '/bin'] : []
    return { env: { PATH: [join(sandbox.root, folder), ...system].join(delimiter) } }
  }

  const redisArguments = () => `-h 127.0.0.1 -p ${env.REDIS_PORT} -n ${env.REDIS_DB} --user lane-1`

  test('starts the program of a service, with the password in its environment only', async () => {
    expect(await sandbox.cli(['open', 'lane-1', 'cache'], only('redis-cli'))).toEqual({
      code: 0,
      signal: undefined,
      stdout: `redis-cli ${redisArguments()}\npassword ${env.REDIS_PASSWORD}`,
      stderr: '',
    })
    const { stdout } = await sandbox.cli(['open', 'lane-1', 'file'], only('sqlite3'))
    expect(stdout).toMatch(/^sqlite3 \/\S+\n/)
  })

  const why = findProgram(['psql'], []) ? '' : ' [there is no psql here]'

  test.skipIf(why)(`gives psql the lane and what is typed, and ends as it does${why}`, async () => {
    const psql = sandbox.start(['open', 'lane-1', 'db'], { env: elsewhere })
    psql.type('select current_database() || current_user as here;\n')
    await psql.says(new RegExp(`${env.PGDATABASE}${env.PGUSER}`))
    psql.type('\\set ON_ERROR_STOP on\nselect nonsense;\n')
    expect(await psql.ended).toEqual({ code: 3, signal: null })
  })

  test('without the program, prints the command and the address, and the password to who asks for it', async () => {
    const shown = await sandbox.cli(['open', 'lane-1', 'cache'], only())
    const [address, command] = shown.stdout.split('\n')
    expect(shown).toMatchObject({ code: 0, stderr: '' })
    expect(address).toBe(env.REDIS_URL?.replace(env.REDIS_PASSWORD ?? '', '***'))
    expect(command).toBe(
      `valkey-cli or redis-cli is not on PATH; it would be: valkey-cli ${redisArguments()}, and REDISCLI_AUTH (--passwords shows it)`,
    )
    const all = await sandbox.cli(['open', 'lane-1', 'cache', '--passwords'], only())
    expect(all.stdout).toBe(
      `${env.REDIS_URL}\nvalkey-cli or redis-cli is not on PATH; it would be: REDISCLI_AUTH=${env.REDIS_PASSWORD} valkey-cli ${redisArguments()}`,
    )
  })

  test('tells which services, and which lanes, there are', async () => {
    const choice = await sandbox.cli(['open', 'lane-1'])
    expect(choice).toMatchObject({ code: 0, stderr: '' })
    expect(choice.stdout).toMatch(
      /^lane-1 has 3 services\nisolane open lane-1 cache +redis:\/\/lane-1:\*\*\*@\S+\nisolane open lane-1 file +file:\/\/\/\S+\nisolane open lane-1 db +postgres\S+$/,
    )
    expect(await sandbox.cli(['open', 'lane-1', 'dbb'])).toMatchObject({
      code: 1,
      stderr: 'isolane: lane-1 has no service "dbb": choose from cache, file, db [ISOLANE_OPTION_INVALID]',
    })
    expect(await sandbox.cli(['open', 'lane-9'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^isolane: There is no leased or kept lane "lane-9": choose from lane-1; .*\[ISOLANE_OPTION_INVALID\]$/,
      ),
    })
  })
})

test('of an encrypted or an unguarded server too, no password is an argument', () => {
  const redis = { url: 'rediss://me:geheim@here:6380/2', host: 'here', port: 6380, database: 2, version: '' }
  expect(laneShells.redis?.({ ...redis, username: 'me', password: 'geheim' }, {})).toEqual({
    programs: ['valkey-cli', 'redis-cli'],
    arguments: ['-h', 'here', '-p', '6380', '-n', '2', '--user', 'me', '--tls'],
    secrets: { REDISCLI_AUTH: 'geheim' },
  })
  const unguarded = laneShells.redis?.({ ...redis, url: 'redis://here:6380/2', username: '', password: '' }, {})
  expect(unguarded).toMatchObject({ arguments: ['-h', 'here', '-p', '6380', '-n', '2'], secrets: {} })
  const neo4j = { url: 'neo4j+s://here', database: 'lane-1', user: 'neo4j', password: 'geheim', version: '' }
  expect(laneShells.neo4j?.(neo4j, {})).toEqual({
    programs: ['cypher-shell'],
    arguments: ['--address', 'neo4j+s://here', '--database', 'lane-1'],
    environment: { NEO4J_USERNAME: 'neo4j' },
    secrets: { NEO4J_PASSWORD: 'geheim' },
  })
})

test('the command that is printed leaves out what would lead psql to another server', () => {
  for (const [name, value] of Object.entries(elsewhere)) vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
  const shell = laneShells.postgres?.({ url: '', version: '' }, { PGHOST: '127.0.0.1', PGPASSWORD: 'geheim' })
  expect(byHand(shell, 'address', { passwords: false })).toBe(
    'address\npsql is not on PATH; it would be: env -u PGHOSTADDR -u PGSERVICE -u PGSSLNEGOTIATION PGHOST=127.0.0.1 psql, ' +
      'and PGPASSWORD (--passwords shows it)',
  )
})

test('without a stack that is up, exits with 3', async () => {
  await using sandbox = new Sandbox({ files: { 'isolane.config.ts': config('redis: redis()') } })
  expect(await sandbox.cli(['open', 'lane-1'])).toMatchObject({
    code: 3,
    stdout: '',
    stderr: expect.stringContaining('[ISOLANE_STACK_NOT_UP]'),
  })
})
