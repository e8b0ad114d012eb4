import { join } from 'node:path'
import { expect, test } from 'vitest'
import { long } from '../long.ts'
import { config, postgresProject, Sandbox } from './sandbox.ts'

test('a stack is brought up, seen, used and ended', async () => {
  await using sandbox = new Sandbox({ files: postgresProject() })

  const up = await sandbox.cli(['up'])
  expect(up.stderr).toBe('')
  expect(up).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/postgres 15\.\S+ is ready[\s\S]*The stack is up \(pid \d+\)/),
  })

  const again = await sandbox.cli(['up'])
  expect(again).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('[ISOLANE_STACK_ALREADY_UP]') })

  const status = await sandbox.json(['status', '--json'])
  expect(status).toEqual({
    code: 0,
    value: {
      name: 'default',
      root: sandbox.root,
      runtime: 'native',
      mode: 'shared',
      services: [
        {
          name: 'postgres',
          kind: 'postgres',
          product: 'postgres',
          runtime: 'native',
          version: expect.stringContaining('15.'),
          origin: expect.any(String),
          isolation: 'shared',
          instances: 1,
          pids: [expect.any(Number)],
          startMilliseconds: expect.any(Number),
          prepareMilliseconds: expect.any(Number),
          host: '127.0.0.1',
          ports: { postgres: expect.any(Number) },
          details: expect.any(Object),
          memoryBytes: process.platform === 'linux' ? expect.any(Number) : undefined,
        },
      ],
      pool: expect.objectContaining({ limit: 16, created: expect.any(Number), leases: expect.any(Object) }),
      owner: { pid: expect.any(Number), startedAt: expect.any(String) },
      startedAt: expect.stringMatching(/^\d{4}-/),
      logFile: expect.stringContaining(sandbox.stateFolder),
    },
  })
  const shown = await sandbox.cli(['status'])
  expect(shown.stdout).toMatch(/Stack default of .*project: native, shared/)
  expect(shown.stdout).toMatch(/postgres +postgres 15\.\S+ +native +127\.0\.0\.1:\d+/)
  expect(shown.stdout).toMatch(/lane-1 +ready +postgresql:\/\/127\.0\.0\.1:\d+\/\w+/)

  const logs = await sandbox.cli(['logs', 'postgres'])
  expect(logs).toMatchObject({ code: 0, stdout: expect.stringContaining('ready to accept connections') })
  const unknown = await sandbox.cli(['logs', 'mysql'])
  expect(unknown).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('The stack has no service "mysql": choose one of postgres'),
  })

  expect(await sandbox.cli(['down'])).toMatchObject({ code: 0, stdout: 'The stack is down.', stderr: '' })
  await sandbox.expectNothingLeft()
})

test('passwords are shown to who asks for them, and to nobody else', async () => {
  await using sandbox = new Sandbox({ files: postgresProject() })
  await sandbox.cli(['up'])
  const { value } = await sandbox.json(['status', '--json', '--passwords'])
  const { services, pool } = value as {
    services: { endpoints: { credentials: { password: string } }[] }[]
    pool: { lanes: { env?: { DATABASE_URL: string; PGPASSWORD: string } }[] }
  }
  const administrator = services[0]?.endpoints[0]?.credentials.password ?? ''
  const lane = pool.lanes.find(({ env }) => env)?.env
  expect(administrator).toMatch(/^.{20,}$/)
  expect(lane?.DATABASE_URL).toContain(lane?.PGPASSWORD)

  const shown = await sandbox.cli(['status', '--passwords'])
  expect(shown.stdout).toMatch(/^postgres at 127\.0\.0\.1:\d+, administrator$/m)
  expect(shown.stdout).toContain(`  password: ${administrator}`)
  expect(shown.stdout).toContain(`  DATABASE_URL=${lane?.DATABASE_URL}`)

  for (const args of [['status'], ['status', '--json']]) {
    const { code, stdout } = await sandbox.cli(args)
    expect(code).toBe(0)
    expect(stdout).not.toContain(administrator)
    expect(stdout).not.toContain(lane?.PGPASSWORD)
  }
  await sandbox.cli(['down'])
  await sandbox.expectNothingLeft()
})

test('without a stack that is up, status, down and logs say so and exit with 3', async () => {
  await using sandbox = new Sandbox({ files: postgresProject() })
  for (const command of ['status', 'down', 'logs']) {
    const { code, stdout, stderr } = await sandbox.cli([command])
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
    expect(stderr).toBe(
      `isolane: No stack is up for ${sandbox.root}: start one with \`isolane up\` [ISOLANE_STACK_NOT_UP]`,
    )
  }
})

test('of two that bring the stack up at once, one wins and the other says why not', async () => {
  await using sandbox = new Sandbox({ files: postgresProject() })
  const results = await Promise.all([sandbox.cli(['up']), sandbox.cli(['up'])])
  expect(results.map(({ code }) => code).sort()).toEqual([0, 1])
  const loser = results.find(({ code }) => code === 1)
  expect(loser?.stderr.split('\n')[0]).toMatch(
    /^isolane: The stack of .* is up already \(pid \d+\).*\[ISOLANE_STACK_ALREADY_UP\]$/,
  )
  const status = await sandbox.json(['status', '--json'])
  expect(status.value).toMatchObject({ services: [{ instances: 1 }] })
  await sandbox.cli(['down'])
  await sandbox.expectNothingLeft()
})

test.skipIf(long)(`a run uses the stack that is up, until the project asks for another one${long}`, async () => {
  await using sandbox = new Sandbox({ files: postgresProject() })
  await sandbox.cli(['up'])
  const before = await sandbox.cli(['exec', '--', 'sh', '-c', 'echo $PGPORT'])
  const { value } = await sandbox.json(['status', '--json'])
  const port = (value as { services: { ports: { postgres: number } }[] }).services[0]?.ports.postgres
  expect(before).toMatchObject({ code: 0, stdout: String(port), stderr: '' })

  sandbox.write('migrations/3_second.sql', "INSERT INTO city VALUES ('Bergen');\n")
  const after = await sandbox.cli(['exec', '--', 'sh', '-c', 'echo $PGPORT'])
  expect(after.code).toBe(0)
  expect(after.stdout).not.toBe(String(port))
  expect(after.stderr).toContain('the stack that is up was started from another config or other migrations')

  await sandbox.cli(['down'])
  await sandbox.expectNothingLeft()
})

test('in the foreground a stack is up until a signal ends it', async () => {
  await using sandbox = new Sandbox({ files: postgresProject() })
  const up = sandbox.start(['up', '--foreground'])
  await up.says(/is ready/)
  await expect.poll(async () => (await sandbox.cli(['status'])).code).toBe(0)
  up.signal('SIGINT')
  expect(await up.ended).toEqual({ code: 0, signal: null })
  await sandbox.expectNothingLeft()
})

test('a start that is called off is unwound', async () => {
  await using sandbox = new Sandbox({
    files: {
      'isolane.config.ts': config(
        "postgres: postgres({ version: '15', migrations: async () => { console.log('migrating'); await new Promise(() => setInterval(() => {}, 1000)) } })",
      ),
    },
  })
  const up = sandbox.start(['up', '--foreground'])
  await up.says(/migrating/)
  expect(await sandbox.cli(['status'])).toMatchObject({ code: 3 })
  expect((await sandbox.cli(['up'])).stderr).toContain('ISOLANE_STACK_ALREADY_UP')
  const down = await sandbox.cli(['down'])
  expect(down).toMatchObject({ code: 0 })
  expect((await up.ended).code).not.toBe(0)
  await sandbox.expectNothingLeft()
})

test("the project's own migration command is ended when the start is called off", async () => {
  await using sandbox = new Sandbox({
    files: {
      'isolane.config.ts': config("postgres: postgres({ version: '15', migrations: { command: 'exec sleep 600' } })"),
    },
  })
  const migrating = () => sandbox.leftovers.processes().some(({ command }) => command.startsWith('sleep 600'))
  const up = sandbox.start(['up', '--foreground'])
  await expect.poll(migrating, { timeout: 10_000 }).toBe(true)
  up.signal('SIGTERM')
  expect((await up.ended).code).toBe(143)
  await sandbox.expectNothingLeft()
})

test('when whoever brings a stack up is killed before it is there, nobody is left behind', async () => {
  await using sandbox = new Sandbox({
    files: postgresProject('seed: async () => new Promise((done) => setTimeout(done, 60_000))'),
  })
  const up = sandbox.start(['up'])
  await expect
    .poll(() => sandbox.leftovers.processes().some(({ command }) => command.startsWith('postgres')), {
      timeout: 10_000,
    })
    .toBe(true)
  await up.kill()
  await sandbox.expectNothingLeft()
})

test('--root names the project, from anywhere', async () => {
  await using sandbox = new Sandbox({ files: postgresProject() })
  sandbox.write('deep/down/file', '')
  const below = await sandbox.cli(['--root', join(sandbox.root, 'deep', 'down'), 'status'])
  expect(below).toMatchObject({ code: 3, stderr: expect.stringContaining(`No stack is up for ${sandbox.root}:`) })
  const nowhere = await sandbox.cli(['--root', join(sandbox.root, 'nowhere'), 'status'])
  expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringContaining('nowhere is not a folder') })
})
