import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isApart, type MarkedService, measureIsolation } from '../../src/environments/isolation.ts'
import { postgres } from '../../src/services/postgres/index.ts'
import { redis } from '../../src/services/redis/index.ts'
import { long } from '../long.ts'
import { ActingProject } from './acting-project.ts'

const timeout = 120_000

const services: readonly MarkedService[] = Object.entries({ redis: redis(), postgres: postgres() }).flatMap(
  ([name, { service }]) => (service.environments ? [{ name, marks: service.environments.marks as never }] : []),
)

describe.skipIf(long)(`what is asked before environments are wiped${long}`, () => {
  let project: ActingProject

  beforeAll(async () => {
    project = await ActingProject.up({ postgres: false })
  }, timeout)

  afterAll(() => project.down(), timeout)

  /** Types an answer on a terminal. */
  async function typing(args: readonly string[], words: string) {
    const started = project.start(args, { terminal: true })
    await started.says(/to go on:/)
    started.type(`${words}\r`)
    const { code } = await started.ended
    return { code, output: started.output }
  }

  test('off a terminal, each does what the table says', { timeout }, async () => {
    const made = await project.cli(['snapshot', 'staging'])
    expect(made.stdout).toMatch(/^Saved staging-\S+, [\s\S]*restore (staging-\S+) --into staging$/)
    const [, saved = ''] = /Saved (\S+),/.exec(made.stdout) ?? []
    const lines = [
      { line: ['wipe', 'dev'], code: 5, says: '`--yes` does it without asking' },
      { line: ['wipe', 'staging', '--yes'], code: 1, says: 'no terminal to type its name on' },
      {
        line: ['wipe', 'production', '--yes'],
        code: 1,
        says: 'does no wipe where an environment is called production',
      },
      { line: ['reset', 'dev'], code: 1, says: 'dev is not for tests' },
      { line: ['reset', 'staging'], code: 1, says: '[ISOLANE_ENVIRONMENT_PROTECTED]' },
      { line: ['reset', 'production'], code: 1, says: '[ISOLANE_ENVIRONMENT_PROTECTED]' },
      { line: ['undo', 'dev', '--yes'], code: 1, says: 'Nothing was done to dev that could be undone' },
      { line: ['snapshot', 'restore', saved, '--into', 'dev'], code: 5, says: 'no terminal to ask on' },
      { line: ['snapshot', 'restore', saved, '--into', 'staging', '--yes'], code: 1, says: 'is protected' },
      { line: ['snapshot', 'restore', saved, '--into', 'production', '--yes'], code: 1, says: 'called production' },
      { line: ['wipe', 'stagin'], code: 1, says: 'did you mean "staging"' },
    ]
    const results = await Promise.all(lines.map(({ line }) => project.cli(line)))
    expect(results).toMatchObject(lines.map(({ code, says }) => ({ code, stderr: expect.stringContaining(says) })))
    await project.expectUntouched('dev', 'test', 'staging', 'production')

    expect(await project.cli(['reset', 'test'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('undo test'),
    })
    expect(await project.cities('test')).toBe('')
    expect(await project.cli(['undo', 'test', '--yes'])).toMatchObject({ code: 0 })
    await project.expectUntouched('dev', 'test', 'staging', 'production')

    expect(await project.cli(['snapshot', 'restore', saved, '--into', 'dev', '--yes'])).toMatchObject({ code: 0 })
    expect(await project.cities('dev')).toBe('staging-city')
    expect(await project.cli(['undo', '--yes'])).toMatchObject({ code: 0 })
    await project.expectUntouched('dev', 'test', 'staging', 'production')
    expect(await project.cli(['reset', 'test', '--no-snapshot'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('what was there is gone'),
    })
    await project.add('test', 'test-city')
  })

  test('on a terminal, what goes is typed; and an undo is undone', { timeout }, async () => {
    expect(await typing(['wipe', 'dev', '--yes'], 'delete dev data')).toMatchObject({ code: 5 })
    await project.expectUntouched('dev')
    expect(await typing(['wipe', 'dev'], 'DELETE DEV DATA')).toMatchObject({ code: 0 })
    expect(await project.cities('dev')).toBe('')
    await project.expectUntouched('test', 'staging', 'production')
    await project.add('dev', 'since')
    expect(await project.cli(['undo', 'dev', '--yes'])).toMatchObject({ code: 0 })
    expect(await project.cities('dev')).toBe('dev-city')
    expect(await project.cli(['undo', 'dev', '--yes'])).toMatchObject({ code: 0 })
    expect(await project.cities('dev')).toBe('since')
    expect(await project.cli(['undo', 'dev', '--yes'])).toMatchObject({ code: 0 })
    await project.expectUntouched('dev', 'test', 'staging', 'production')

    expect(await typing(['wipe', 'staging'], 'DELETE STAGING DATA')).toMatchObject({ code: 5 })
    expect(await typing(['wipe', 'staging'], 'staging')).toMatchObject({ code: 0 })
    expect(await project.cities('staging')).toBe('')
    expect(await project.cli(['undo', 'staging', '--yes'])).toMatchObject({ code: 1 })
    expect(await typing(['undo'], 'staging')).toMatchObject({ code: 0 })
    await project.expectUntouched('dev', 'test', 'staging', 'production')
    const { value } = await project.json(['undo', 'staging', '--list', '--json'])
    expect(value).toMatchObject([
      { act: 'undo', outcome: 'done' },
      { act: 'wipe', outcome: 'done', environment: 'staging' },
    ])
  })
})

describe.skipIf(long)(`environments in several services${long}`, () => {
  let project: ActingProject

  beforeAll(async () => {
    project = await ActingProject.up({ postgres: true })
  }, timeout)

  afterAll(() => project.down(), timeout)

  test('what Isolane did not make is not wiped', { timeout }, async () => {
    const [marker] = await project.sql(
      'dev',
      "SELECT shobj_description(oid, 'pg_database') AS text FROM pg_database WHERE datname = current_database()",
    )
    await project.administer('postgres', "COMMENT ON DATABASE tta_dev IS 'made by hand'")
    const wiped = await project.cli(['wipe', 'dev', '--yes'])
    expect(wiped).toMatchObject({ code: 1, stderr: expect.stringContaining('ISOLANE_RESET_FAILED') })
    expect(await project.sql('dev', 'SELECT name FROM city')).toEqual([{ name: 'dev-city' }])
    expect(await project.cli(['undo', 'dev', '--yes'])).toMatchObject({ code: 1 })
    expect(await project.sql('dev', 'SELECT name FROM city')).toEqual([{ name: 'dev-city' }])
    const text = String(marker?.text).replaceAll("'", "''")
    await project.administer('postgres', `COMMENT ON DATABASE tta_dev IS '${text}'`)
    expect(await project.cli(['undo', 'dev', '--yes'])).toMatchObject({ code: 0 })
    await project.expectUntouched('dev', 'test', 'staging', 'production')
  })

  test('killed on the way, a wipe can be undone', { timeout }, async () => {
    const store = join(project.stateFolder, 'snapshots', readdirSync(join(project.stateFolder, 'snapshots'))[0] ?? '')
    const before = new Set(readdirSync(store))
    const isSaved = () => readdirSync(store).some((name) => name.startsWith('before-wipe-dev-') && !before.has(name))
    const killed = project.start(['wipe', 'dev', '--yes'])
    await expect.poll(isSaved, { timeout: 30_000, interval: 1 }).toBe(true)
    await killed.kill()
    const { value } = await project.json(['undo', '--list', '--json'])
    // Where this process was held up, it has ended meanwhile.
    expect((value as readonly unknown[])[0]).toMatchObject({
      act: 'wipe',
      environment: 'dev',
      outcome: expect.stringMatching(/^(interrupted|done)$/),
    })
    expect(await project.cli(['undo', '--yes'])).toMatchObject({ code: 0 })
    await project.expectUntouched('dev', 'test', 'staging', 'production')
  })

  test('isolation is shown, without a trace, and what a killed process left is removed', { timeout }, async () => {
    const describeAll = () =>
      Promise.all(['dev', 'staging'].map((lane) => project.ask((client) => client.request('describeState', { lane }))))
    const before = await describeAll()
    const { endpoints } = await project.look('dev')
    for (const { name, marks } of services) await marks.write(endpoints[name] as never, 'left-behind')
    const folder = join(project.stateFolder, 'isolation')
    mkdirSync(folder, { mode: 0o700 })
    const found = (service: string) => ({ service, slice: 'dev', mark: 'left-behind' })
    const record = {
      root: project.root,
      stack: 'tta',
      owner: { pid: 1, startedAt: 'long ago' },
      marks: [found('redis'), found('postgres'), { service: 'postgres', slice: 'gone', mark: 'left-behind' }],
    }
    writeFileSync(join(folder, 'a.json'), JSON.stringify(record))

    const { code, value } = await project.json(['verify-isolation', '--json'])
    const row = (own: string) =>
      Object.fromEntries(['dev', 'test', 'staging', 'production', 'lane-1'].map((each) => [each, Number(each === own)]))
    const table = Object.fromEntries(['dev', 'test', 'staging', 'lane-1'].map((own) => [own, row(own)]))
    expect(value).toMatchObject({
      apart: true,
      services: [
        { service: 'redis', found: table },
        { service: 'postgres', found: table },
      ],
    })
    expect(code).toBe(0)
    expect(readdirSync(folder)).toEqual([])
    await project.expectUntouched('dev', 'test', 'staging', 'production')
    expect(await describeAll()).toEqual(before)

    const stopped = project.start(['verify-isolation'])
    await expect.poll(() => existsSync(folder) && readdirSync(folder).length, { timeout: 30_000, interval: 1 }).toBe(1)
    stopped.signal('SIGINT')
    await stopped.ended
    expect(readdirSync(folder)).toEqual([])
    expect(await describeAll()).toEqual(before)

    // Two names for one and the same.
    const slices = ['one', 'other'].map((name) => ({ name, endpoints }))
    const stack = { root: project.root, name: 'tta' }
    const measured = await measureIsolation({ stack, services, slices, signal: new AbortController().signal })
    const both = { one: 1, other: 1 }
    expect(measured).toMatchObject([
      { found: { one: both, other: both }, refused: { one: { other: null }, other: { one: null } } },
      { found: { one: both, other: both }, refused: { one: { other: null }, other: { one: null } } },
    ])
    expect(measured.map(isApart)).toEqual([false, false])
    expect(await describeAll()).toEqual(before)
  })
})
