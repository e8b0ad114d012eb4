import { appendFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { long } from '../long.ts'
import { config, postgresProject, Sandbox } from './sandbox.ts'

interface Report {
  readonly ok: boolean
  readonly checks: readonly { name: string; state: string; text: string; remedy?: string }[]
}

/** Asking npm, pip, Maven and Docker for their versions takes seconds, and only one test is about them. */
const withoutPrograms = { PATH: '/nonexistent' }

async function doctor(
  sandbox: Sandbox,
  env: Record<string, string> = withoutPrograms,
): Promise<{ code: number | undefined } & Report> {
  const { code, value } = await sandbox.json(['doctor', '--json'], { env })
  return { code, ...(value as Report) }
}

test('a healthy project passes every check', async () => {
  await using sandbox = new Sandbox({ files: postgresProject() })
  const report = await doctor(sandbox, {})
  expect(report.checks.filter(({ state }) => state === 'failed')).toEqual([])
  expect(report).toMatchObject({ code: 0, ok: true })
  const names = report.checks.map(({ name }) => name)
  expect(names).toEqual(
    expect.arrayContaining([
      'Node',
      'platform',
      'local socket',
      'cache folder',
      'state folder',
      'data folder',
      'config',
      'postgres',
      'npm',
      'pip',
      'maven',
      'pg',
      'stack',
      'leftovers',
      'Docker',
    ]),
  )
  for (const { text } of report.checks) expect(text).not.toBe('')

  const shown = await sandbox.cli(['doctor'])
  expect(shown.stdout).toMatch(/^ok +Node: Node \d+/)
  expect(shown.stdout).toMatch(/Nothing is wrong\.$/)
})

test('without a project every engine is looked for, and none is missed', async () => {
  await using sandbox = new Sandbox()
  const report = await doctor(sandbox, { ...withoutPrograms, JAVA_HOME: '' })
  expect(report).toMatchObject({ code: 0, ok: true })
  expect(report.checks).toContainEqual(expect.objectContaining({ name: 'config', state: 'note' }))
  for (const name of ['postgres', 'valkey', 'redis', 'neo4j']) {
    expect(report.checks).toContainEqual(expect.objectContaining({ name }))
  }
})

test('each problem is a failed check with its remedy, and the exit code is 4', async () => {
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  const { port } = taken.address() as { port: number }
  await using sandbox = new Sandbox({ files: postgresProject(`port: ${port}`) })
  sandbox.write('file', '')
  sandbox.remove('migrations')
  const report = await doctor(sandbox, { ...withoutPrograms, ISOLANE_CACHE_DIR: join(sandbox.root, 'file', 'cache') })
  taken.close()
  expect(report).toMatchObject({ code: 4, ok: false })
  const problems = report.checks.filter(({ state }) => state === 'failed')
  expect(problems).toContainEqual(
    expect.objectContaining({
      name: 'cache folder',
      text: expect.stringContaining('ENOTDIR'),
      remedy: expect.stringContaining('ISOLANE_CACHE_DIR'),
    }),
  )
  expect(problems).toContainEqual(
    expect.objectContaining({
      name: 'port',
      text: expect.stringContaining(`${port} for postgres is taken by pid ${process.pid}`),
    }),
  )
  expect(problems).toContainEqual(
    expect.objectContaining({ name: 'postgres', text: expect.stringContaining('migrations does not exist') }),
  )
  for (const { remedy } of problems) expect(remedy).toBeTruthy()
  const shown = await sandbox.cli(['doctor'], { env: { ISOLANE_CACHE_DIR: join(sandbox.root, 'file', 'cache') } })
  expect(shown.code).toBe(4)
  expect(shown.stdout).toMatch(/FAILED +cache folder: .*\n +→ set ISOLANE_CACHE_DIR/)
})

test('a config that can not be read fails, and the machine is checked all the same', async () => {
  await using sandbox = new Sandbox({ files: { 'isolane.config.ts': 'export default {' } })
  const report = await doctor(sandbox)
  expect(report.code).toBe(4)
  expect(report.checks).toContainEqual(expect.objectContaining({ name: 'config', state: 'failed' }))
  expect(report.checks).toContainEqual(expect.objectContaining({ name: 'data folder', state: 'ok' }))
})

test.skipIf(long)(`a stack that is up holds its own port; one that was killed is a leftover${long}`, async () => {
  const port = 15_000 + Math.floor(Math.random() * 5_000)
  await using sandbox = new Sandbox({ files: postgresProject(`port: ${port}`) })
  const up = sandbox.start(['up', '--foreground'])
  await up.says(/is ready/)
  await expect.poll(async () => (await sandbox.cli(['status'])).code).toBe(0)
  const running = await doctor(sandbox)
  expect(running).toMatchObject({ code: 0 })
  expect(running.checks).toContainEqual(
    expect.objectContaining({ name: 'port', text: expect.stringContaining('held by the stack that is up') }),
  )
  await up.kill()
  const killed = await doctor(sandbox)
  expect(killed.checks).toContainEqual(
    expect.objectContaining({ name: 'leftovers', state: 'note', text: expect.stringContaining('postgres') }),
  )
  await sandbox.cli(['gc', '--quiet'])
  await sandbox.expectNothingLeft()
})

test.skipIf(long)(`a damaged engine is found by its hashes${long}`, async () => {
  await using sandbox = new Sandbox({
    files: { 'isolane.config.ts': config("cache: redis({ version: 'valkey@9' })") },
    ownCache: true,
  })
  await sandbox.cli(['install'])
  const before = await doctor(sandbox)
  expect(before.checks).toContainEqual(
    expect.objectContaining({ name: 'cache', state: 'ok', text: expect.stringContaining('every file as installed') }),
  )
  const folder = /in (\S+), from/.exec(before.checks.find(({ name }) => name === 'cache')?.text ?? '')?.[1] ?? ''
  const program = join(folder, 'bin', 'valkey-server')
  appendFileSync(program, 'x')
  const after = await doctor(sandbox)
  expect(after.code).toBe(4)
  expect(after.checks).toContainEqual(
    expect.objectContaining({
      name: 'cache',
      state: 'failed',
      text: expect.stringContaining('bin/valkey-server'),
      remedy: expect.stringContaining('isolane install valkey@9'),
    }),
  )
  writeFileSync(program, '')
})
