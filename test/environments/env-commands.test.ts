import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { config, readText } from '../cli/sandbox.ts'
import { lackingForDocker } from '../docker.ts'
import { freePort } from '../durability/free-port.ts'
import { long } from '../long.ts'
import { containersWith } from '../runtimes/docker-fixture.ts'
import { UsedProject } from './used-project.ts'

const timeout = 120_000
const lacking = await lackingForDocker('redis:7')
const names = ['dev', 'test', 'staging']

describe.skipIf(long)(`\`isolane env\`${long}`, () => {
  let project: UsedProject
  const ports = { postgres: 0, redis: 0 }
  const text = (name: string) => readText(join(project.root, name))
  const says = (...words: readonly string[]) => expect.stringMatching(new RegExp(words.join('[\\s\\S]*')))

  beforeAll(async () => {
    for (const name of ['postgres', 'redis'] as const) ports[name] = await freePort()
    const services = `
      postgres: postgres({ version: '15', port: ${ports.postgres}, roles: ['app', 'readonly'], migrations: './migrations' }),
      redis: redis({ port: ${ports.redis} })`
    const environments = 'environments: { dev: {}, test: { lanes: true }, staging: { protected: true } }'
    project = new UsedProject({
      files: {
        'isolane.config.ts': config(services, `name: 'tta', ${environments}`),
        'migrations/1_cities.sql': 'CREATE TABLE city (name text PRIMARY KEY);\n',
        '.gitignore': 'node_modules\n',
        '.env.dev': '# mine\nLOG_LEVEL=debug\nPGPORT=1\n',
      },
    })
    expect(await project.cli(['up'])).toMatchObject({ code: 0 })
    await project.add('dev', 'Oslo')
    await project.add('staging', 'Bergen')
  }, timeout)

  afterAll(async () => {
    await project.cli(['down'])
    await project[Symbol.asyncDispose]()
  }, timeout)

  test('list and ports tell what there is, and where', { timeout }, async () => {
    const { value } = await project.json(['env', 'list', '--json'])
    const facts = { bytes: expect.any(Number), connections: 0 }
    expect(value).toMatchObject(
      names.map((name, index) => ({
        name,
        label: `tta-${name}`,
        protected: name === 'staging',
        lanes: name === 'test',
        addresses: {
          postgres: `postgresql://127.0.0.1:${ports.postgres}/tta_${name}`,
          redis: `redis://127.0.0.1:${ports.redis}/${index}`,
        },
        problems: {},
        facts: { postgres: facts, redis: facts },
      })),
    )
    const beside = (await project.json(['env', 'ports', '--side-by-side', '--json'])).value
    expect(beside).toEqual(
      names.flatMap((environment, index) =>
        (['postgres', 'redis'] as const).map((service) => {
          return { environment, service, name: service, port: ports[service] + 1_000 * index }
        }),
      ),
    )
  })

  test('check connects as everybody, and says in plain words what does not work', { timeout }, async () => {
    expect(await project.cli(['env', 'check'])).toMatchObject({ code: 0, stdout: says('All 12 connections work') })
    const client = new pg.Client((await project.variables('dev')).DATABASE_URL)
    await client.connect()
    await client.query("ALTER ROLE CURRENT_USER PASSWORD 'changed behind its back'")
    await client.end()
    const broken = await project.cli(['env', 'check', 'dev'])
    expect(broken).toMatchObject({
      code: 1,
      stdout: says(
        '✗ dev postgres as app at .*does not accept the user tta_dev_app with this password',
        '`isolane env files`',
        '1 of 4 connections do not work',
      ),
    })
    expect(await project.cli(['env', 'check', 'staging'])).toMatchObject({ code: 0 })
    expect(await project.cli(['roles', 'rotate', 'dev', '--role', 'app'])).toMatchObject({ code: 0 })
    expect(await project.cli(['env', 'check', 'dev'])).toMatchObject({ code: 0 })
    expect(await project.cli(['env', 'check', 'deev'])).toMatchObject({ code: 1, stderr: says('did you mean "dev"') })
  })

  test('files, use and exec lead programs to an environment', { timeout }, async () => {
    expect(await project.cli(['env', 'files'])).toMatchObject({
      code: 0,
      stdout: says(
        '.env.dev leads to dev',
        '.env.staging leads to staging',
        'set STAGING_\\S+, .*STAGING_POSTGRES_OWNER_PASSWORD',
      ),
    })
    const dev = await project.variables('dev')
    expect(text('.env.dev')).toMatch(/^# mine\nLOG_LEVEL=debug\nPGPORT=\d{3,}\n/)
    expect(text('.env.dev')).toContain(`DATABASE_URL=${dev.DATABASE_URL}\n`)
    const staging = await project.variables('staging')
    for (const secret of [staging.PGPASSWORD, staging.REDIS_PASSWORD]) {
      expect(text('.env.staging')).not.toContain(secret)
    }
    expect(text('.gitignore')).toBe('node_modules\n.env.dev\n.env.isolane-*.partial\n.env.test\n.env.staging\n')
    expect(statSync(join(project.root, '.env.dev')).mode & 0o777).toBe(0o600)
    expect(await project.cli(['env', 'files', 'dev'])).toMatchObject({ stdout: '.env.dev led to dev already' })

    expect(await project.cli(['env', 'use', 'dev'])).toMatchObject({ code: 0, stdout: says('.env leads to dev') })
    expect(text('.env')).toContain('CONTAINER_PREFIX=tta-dev\n')

    const program = 'console.log(process.env.ENVIRONMENT, process.env.PGDATABASE, process.env.REDIS_DB)'
    const ran = await project.cli([
      'exec',
      '--env',
      'staging',
      '--',
      process.execPath,
      '-e',
      `${program};process.exit(7)`,
    ])
    expect(ran).toMatchObject({ code: 7, stdout: 'staging tta_staging 2' })
  })

  test('editors and tools are told everything but passwords', { timeout }, async () => {
    expect(await project.cli(['env', 'editors'])).toMatchObject({ code: 0, stdout: says('settings.json has them now') })
    expect(await project.cli(['env', 'editors'])).toMatchObject({ stdout: says('settings.json has them already') })
    const tools = await project.cli(['env', 'tools'])
    expect(tools).toMatchObject({ code: 0, stdout: says('pgAdmin', 'Redis Commander') })
    const secrets = await Promise.all(names.map((name) => project.variables(name)))
    const written = [tools.stdout, text('.vscode/settings.json'), text('.vscode/tasks.json')].join('\n')
    for (const { PGPASSWORD = '', REDIS_PASSWORD = '' } of secrets) {
      for (const secret of [PGPASSWORD, REDIS_PASSWORD]) expect(written).not.toContain(secret)
    }
    expect(written).toContain('tta_staging_app')

    const image = 'isolane.invalid/pgadmin:1'
    expect(await project.cli(['env', 'tools', '--start', 'pgadmin', '--image', image])).toMatchObject({
      code: 1,
      stderr: says(`The image ${image} is not on this engine`, 'ISOLANE_IMAGE_UNAVAILABLE'),
    })
  })

  test.skipIf(lacking)(`gc removes the container of a tool that was killed${lacking}`, { timeout }, async () => {
    const label = `io.github.isolane.project=${project.root}`
    const words = ['--start', 'pgadmin', '--image', 'redis:7', '--port', String(await freePort())]
    const tool = project.start(['env', 'tools', ...words])
    await expect.poll(() => containersWith(label), { timeout: 30_000 }).toHaveLength(1)
    await tool.kill()
    expect(await project.cli(['gc', '--yes'])).toMatchObject({
      code: 0,
      stdout: says('removed container isolane-pgadmin-'),
    })
    expect(await containersWith(label)).toEqual([])
  })

  test('status --watch goes on until Ctrl-C, and leaves nothing', { timeout }, async () => {
    const watching = project.start(['status', '--watch', '--interval', '1'])
    const shown = /^staging +protected +postgres +postgresql:\S+tta_staging +\d+ ms /m
    await watching.says(shown)
    const soFar = watching.output.length
    await watching.says(shown, { from: soFar })
    const lines = project.start(['status', '--watch', '--json', '--interval', '1'])
    const [twice] = await lines.says(/^.*\n.*\n/)
    for (const line of twice.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('environments')
    lines.signal('SIGINT')
    watching.signal('SIGINT')
    expect((await watching.ended).signal ?? 'ended by itself').toMatch(/SIGINT|ended by itself/)
    expect(existsSync(`/proc/${watching.pid}`)).toBe(false)
    expect(await project.cli(['env', 'check', 'dev'])).toMatchObject({ code: 0 })
  })

  test('up again goes on, applies what has changed, and refuses what would lose something', { timeout }, async () => {
    const owner = async () => ((await project.json(['status', '--json'])).value as { owner: { pid: number } }).owner.pid
    const first = await owner()
    expect(await project.cli(['up'])).toMatchObject({ code: 0, stdout: says(`is up \\(pid ${first}\\)`) })
    const good = text('isolane.config.ts')
    project.write('isolane.config.ts', good.replace("version: '15'", "version: '16'"))
    expect(await project.cli(['up'])).toMatchObject({
      code: 1,
      stderr: says('are of PostgreSQL 15, and the config asks for PostgreSQL 16', 'ISOLANE_ENVIRONMENT_CHANGED'),
    })
    project.write('isolane.config.ts', good)
    expect(await owner()).toBe(first)

    project.write('migrations/2_country.sql', 'ALTER TABLE city ADD country text;\n')
    expect(await project.cli(['up'])).toMatchObject({
      code: 0,
      stdout: says('started anew', '2_country.sql was applied to dev', '2_country.sql was applied to staging'),
    })
    expect(await owner()).not.toBe(first)

    project.write('migrations/2_country.sql', 'ALTER TABLE city ADD land text;\n')
    expect(await project.cli(['up'])).toMatchObject({
      code: 0,
      stdout: says('2_country.sql of postgres was edited since it was applied', 'ISOLANE_ENVIRONMENT_CHANGED'),
    })
    project.write('migrations/2_country.sql', 'ALTER TABLE city ADD country text;\n')
    expect(await project.cli(['up'])).toMatchObject({ code: 0 })
    expect(await project.cities('dev')).toEqual({ postgres: 'Oslo', redis: 'Oslo' })
    expect(await project.cities('staging')).toEqual({ postgres: 'Bergen', redis: 'Bergen' })
  })
})
