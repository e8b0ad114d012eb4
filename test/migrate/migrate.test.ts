import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { readEnvFile } from '../../src/migrate/compose/interpolate.ts'
import { readText, Sandbox } from '../cli/sandbox.ts'
import { lackingForDocker } from '../docker.ts'
import { freePort } from '../durability/free-port.ts'
import { long } from '../long.ts'
import { type Contents, contents, cypher, fill, redis, sql } from './contents.ts'
import { OldStacks } from './old-stacks.ts'

const why = long || (await lackingForDocker('postgres:15', 'redis:7', 'neo4j:5.26'))
const timeout = 600_000

type Step = 'begun' | 'saved' | 'up' | 'loaded' | 'compared' | 'files' | 'stopped'

const ownEnv = '# mine\nexport DATABASE_URL=postgres://old # note\r\nOWN="1"'
const withoutGraph = ['migrate', '--from', 'compose.yml', '--map', 'neo4j-dev=none', '--yes']

describe.skipIf(why)(`from one stack per environment to one for all${why}`, () => {
  let old: OldStacks
  let project: Sandbox
  let ports: { readonly postgres: number; readonly redis: number; readonly neo4j: number }
  let before: Readonly<Record<string, Contents>>

  beforeAll(async () => {
    old = await OldStacks.start()
    ports = { postgres: await freePort(), redis: await freePort(), neo4j: await freePort() }
    project = new Sandbox({ program: join(import.meta.dirname, 'fixtures', 'isolane.ts') })
    project.write('compose.yml', old.composeFile)
    project.write('.env.dev', ownEnv)
    config(['postgres', 'redis'])
    await Promise.all(old.names.map(answering))
    await Promise.all(old.names.map((name) => fill(old.url(name))))
    before = await readOld()
  }, timeout)

  afterAll(async () => {
    await project.cli(['down'])
    await project[Symbol.asyncDispose]()
    await old[Symbol.asyncDispose]()
  }, timeout)

  function config(services: readonly (keyof typeof ports)[], own = ports): void {
    const texts = {
      postgres: `postgres: postgres({ version: '17', port: ${own.postgres} })`,
      redis: `redis: redis({ version: 'valkey@9', port: ${own.redis} })`,
      neo4j: `neo4j: neo4j({ version: '5.26', port: ${own.neo4j} })`,
    }
    project.write(
      'isolane.config.ts',
      `import { defineStack, neo4j, postgres, redis } from 'isolane'
export default defineStack({
  name: 'tta',
  services: { ${services.map((name) => texts[name]).join(', ')} },
  environments: { dev: {}, staging: { protected: true } },
})
`,
    )
  }

  function answering(name: string): Promise<void> {
    const ask = async () => {
      const url = old.url(name)
      if (name.startsWith('postgres')) await sql(url, 'SELECT 1')
      else if (name.startsWith('neo4j')) await cypher(url, 'RETURN 1')
      else await redis(url, (client) => client.ping())
    }
    return vi.waitFor(ask, { timeout: 120_000, interval: 200 })
  }

  async function readOld(): Promise<Readonly<Record<string, Contents>>> {
    const read = old.names.map(async (name) => [name, await contents(old.url(name))] as const)
    return Object.fromEntries(await Promise.all(read))
  }

  /** By the same names, from the variables that programs get. */
  async function readNew(): Promise<Readonly<Record<string, Contents>>> {
    const all: [string, Contents][] = []
    for (const environment of ['dev', 'staging']) {
      const env = await variablesOf(environment)
      const { DATABASE_URL = '', REDIS_URL = '', NEO4J_URI = '', NEO4J_DATABASE } = env
      all.push(
        [`postgres-${environment}`, await contents(DATABASE_URL)],
        [`redis-${environment}`, await contents(REDIS_URL)],
      )
      if (NEO4J_URI === '' || environment === 'staging') continue
      const login = `${env.NEO4J_USER}:${encodeURIComponent(env.NEO4J_PASSWORD ?? '')}@`
      all.push([`neo4j-${environment}`, await contents(NEO4J_URI.replace('//', `//${login}`), NEO4J_DATABASE)])
    }
    return Object.fromEntries(all)
  }

  async function variablesOf(environment: string): Promise<Readonly<Record<string, string>>> {
    const told = 'process.stdout.write(JSON.stringify(process.env))'
    const { value } = await project.json(['exec', '--env', environment, '--', process.execPath, '-e', told])
    return value as Readonly<Record<string, string>>
  }

  async function killedAt(step: Step, args: readonly string[]): Promise<void> {
    const result = await project.cli(args, { env: { AT_STEP: step } })
    expect({ step, ...result }).toMatchObject({ step, signal: 'SIGKILL' })
  }

  async function rolledBack(): Promise<void> {
    expect(await project.cli(['migrate', '--rollback', '--yes'])).toMatchObject({ code: 0, stderr: '' })
    await expectAsBefore()
  }

  async function expectAsBefore(): Promise<void> {
    expect(await old.running()).toEqual(old.names)
    expect(await readOld()).toEqual(before)
    expect(readText(join(project.root, '.env.dev'))).toBe(ownEnv)
    expect(existsSync(join(project.root, '.env.staging'))).toBe(false)
  }

  async function isUp(): Promise<boolean> {
    return (await project.cli(['status'])).code === 0
  }

  test('what can not be done is refused before anything is', { timeout }, async () => {
    config(['postgres', 'redis'], { ...ports, redis: old.port('redis-staging') })
    expect(await project.cli(withoutGraph)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /ISOLANE_PORT_TAKEN|would answer on port \d+, where the old one still does: staging redis/,
      ),
    })
    config(['postgres', 'redis'])
    const source = ['migrate', '--yes', '--source']
    const wrong = old.url('postgres-dev').replace('w%3Ard', 'wrong-secret')
    const results = await Promise.all([
      project.cli([...source, `dev.postgres=${wrong}`]),
      project.cli([...source, `dev.redis=redis://127.0.0.1:${await freePort()}`]),
      project.cli(['migrate', '--from', 'compose.yml', '--yes']),
      project.cli(['migrate', '--resume']),
      project.cli(['migrate', '--rollback']),
      project.cli(withoutGraph.slice(0, -1)),
    ])
    expect(results.map(({ code }) => code)).toEqual([1, 1, 1, 1, 1, 5])
    const errors = results.map(({ stderr }) => stderr)
    expect(errors[0]).toContain('password')
    expect(errors.join('\n')).not.toContain('wrong-secret')
    expect(errors[1]).toContain('ISOLANE_SERVER_UNREACHABLE')
    expect(errors[2]).toContain('no service of the kind neo4j')
    expect(errors[3]).toContain('No migration was begun here')
    expect(errors[4]).toContain('No migration was begun here')
    await redis(`${old.url('redis-dev')}/3`, (client) => client.set('elsewhere', 'stays'))
    const dry = await project.cli([...withoutGraph, '--dry-run'])
    expect(dry).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^dev postgres at postgres:.* → tta-dev$/m),
      stderr: expect.stringContaining('there are keys in DB 3 too'),
    })
    expect(existsSync(join(project.stateFolder, 'migrate'))).toBe(false)
    await expectAsBefore()
  })

  test('killed anywhere, it is taken back', { timeout }, async () => {
    for (const step of ['begun', 'saved', 'up', 'compared'] as const) {
      await killedAt(step, withoutGraph)
      expect(await project.cli(withoutGraph)).toMatchObject({ code: 1, stderr: expect.stringContaining('--resume') })
      await rolledBack()
      expect(await isUp()).toBe(false)
    }
  })

  test('a stack that was up before stays, with what it had', { timeout }, async () => {
    expect(await project.cli(['up'])).toMatchObject({ code: 0 })
    const urls = await variablesOf('dev')
    await sql(
      urls.DATABASE_URL ?? '',
      'DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE own AS SELECT 1 AS one',
    )
    await redis(urls.REDIS_URL ?? '', (client) => client.flushdb().then(() => client.set('own', 'value')))
    const own = await readNew()
    for (const step of ['loaded', 'files', 'stopped'] as const) {
      await killedAt(step, withoutGraph)
      await rolledBack()
      expect(await readNew()).toEqual(own)
    }

    const write = (key: string) => `docker exec ${old.container('redis-staging')} redis-cli set ${key} value`
    const late = await project.cli(withoutGraph, { env: { AT_STEP: 'files', RUN: write('late') } })
    expect(late).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('old redis of staging was written to after'),
    })
    expect(await old.running()).toEqual(old.names)
    const again = await project.cli(['migrate', '--resume'], { env: { AT_STEP: 'loaded', RUN: write('meanwhile') } })
    expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining('is copied again') })
    const { 'neo4j-dev': _, ...rest } = before
    const staging = await readNew()
    const keys = Object.keys(staging['redis-staging'] ?? {}).map((hex) => Buffer.from(hex, 'hex').toString())
    expect(keys).toEqual(expect.arrayContaining(['late', 'meanwhile', 'stream']))
    expect(staging).toMatchObject(rest)
    expect(await old.running()).toEqual(['neo4j-dev'])
    expect(await project.cli(['migrate', '--rollback'])).toMatchObject({ code: 5 })
    expect(await project.cli(['migrate', '--rollback', '--yes'])).toMatchObject({ code: 0 })
    await redis(old.url('redis-staging'), (client) => client.del('late', 'meanwhile'))
    await expectAsBefore()
    expect(await readNew()).toEqual(own)
    expect(await project.cli(['down'])).toMatchObject({ code: 0 })
  })

  test('killed after each step and resumed, all of it is there', { timeout }, async () => {
    config(['postgres', 'redis', 'neo4j'])
    await killedAt('begun', ['migrate', '--from', 'compose.yml', '--yes'])
    for (const step of ['saved', 'up', 'loaded', 'compared', 'files', 'stopped'] as const) {
      await killedAt(step, ['migrate', '--resume'])
    }
    const done = await project.cli(['migrate', '--resume'])
    expect(done).toMatchObject({ code: 0, stderr: '' })
    expect(done.stdout).toMatch(/^dev +neo4j +\d+ +\d+ +the same +migrate-dev-/m)
    expect(done.stdout).toMatch(/Memory before: .*old-neo4j-dev-[\s\S]*Memory now: .*neo4j \d+/)
    expect(await old.running()).toEqual([])
    expect(await readNew()).toEqual(before)
    const { DATABASE_URL, OWN } = readEnvFile(join(project.root, '.env.dev'))
    expect({ DATABASE_URL, OWN }).toEqual({ DATABASE_URL: (await variablesOf('dev')).DATABASE_URL, OWN: '1' })
    expect(readText(join(project.root, '.env.staging'))).not.toMatch(/:[^$/@]+@/)
    expect(await project.cli(['migrate', '--resume'])).toMatchObject({ stdout: expect.stringContaining('is complete') })

    ports = { postgres: await freePort(), redis: await freePort(), neo4j: await freePort() }
    config(['postgres', 'redis', 'neo4j'])
    expect(await project.cli(['up'])).toMatchObject({ code: 0 })
    expect(await readNew()).toEqual(before)

    await rolledBack()
    expect(await isUp()).toBe(false)
    rmSync(join(project.root, '.env.dev'))
  })
})
