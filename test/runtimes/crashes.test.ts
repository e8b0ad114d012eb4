import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openPorts } from '../../src/contract-tests/runtime.ts'
import { isAlive, type ProcessIdentity } from '../../src/core/process-identity.ts'
import { readRuns } from '../../src/core/run.ts'
import { createNativeRuntime } from '../../src/runtimes/native/index.ts'
import { type Owner, removeFolders, startOwner, temporaryFolder, testContext } from './helpers.ts'

afterAll(removeFolders)

test.each([
  ['exit without dispose', (owner: Owner) => owner.process.stdin?.end('end')],
  ['SIGTERM', (owner: Owner) => owner.process.kill('SIGTERM')],
  ['SIGINT', (owner: Owner) => owner.process.kill('SIGINT')],
])('%s of the owner stops the server and removes its folder without any sweep', async (_name, end) => {
  const context = testContext()
  const owner = await startOwner({ kind: '17', runsFolder: context.runsFolder })
  const exited = new Promise((resolve) => owner.process.once('exit', resolve))
  end(owner)
  await exited
  const folder = dirname(owner.endpoint.privateFolder ?? '')
  await expect.poll(() => openPorts(owner.endpoint), { timeout: 10_000 }).toEqual([])
  await expect.poll(() => existsSync(folder), { timeout: 10_000 }).toBe(false)
  await createNativeRuntime(context).sweep()
  expect(readRuns(context.runsFolder).filter(({ alive }) => !alive)).toEqual([])
})

test("a sweep ends what carries a dead run's label, though nobody registered it", async () => {
  const context = testContext()
  const owner = await startOwner({ kind: '17', runsFolder: context.runsFolder })
  await owner.kill('SIGKILL')
  const [dead] = readRuns(context.runsFolder).filter(({ alive }) => !alive)
  for (const { resource, release } of dead?.resources ?? []) if (resource.kind === 'process') release()
  const swept = await createNativeRuntime(context).sweep()
  expect(swept).toContainEqual({ kind: 'process', what: `process of a dead run, pid ${owner.pid}`, removed: true })
  expect(await openPorts(owner.endpoint)).toEqual([])
})

test.skipIf(process.platform === 'win32')(
  'a server whose owner is killed before it registers it never runs',
  async () => {
    const file = join(temporaryFolder(), 'written')
    const script = join(import.meta.dirname, 'killed-starter.ts')
    const { stdout, signal } = spawnSync(process.execPath, [script, temporaryFolder(), file], { encoding: 'utf8' })
    expect(signal).toBe('SIGKILL')
    const unregistered = JSON.parse(stdout) as ProcessIdentity
    await expect.poll(() => isAlive(unregistered)).toBe(false)
    expect(existsSync(file)).toBe(false)
  },
)

test('a process that only has the number of a recorded one is left alone', async () => {
  const context = testContext()
  const living = await startOwner({ kind: 'valkey', runsFolder: context.runsFolder })
  const dead = await startOwner({ kind: 'valkey', runsFolder: context.runsFolder })
  await dead.kill('SIGKILL')
  const record = readRuns(context.runsFolder).find(({ alive }) => !alive)
  // As if the dead run had registered a server whose number has been given out again since.
  const reused = { pid: living.pid, startedAt: 'long ago' }
  const resource = { kind: 'process', what: 'reused', identity: reused, stopSignal: 'SIGKILL' }
  writeFileSync(join(context.runsFolder, record?.id ?? '', 'resource-000099.json'), JSON.stringify(resource))
  const runtime = createNativeRuntime(context)
  expect((await runtime.sweep()).filter(({ what }) => what === 'reused')).toEqual([])
  expect(await openPorts(living.endpoint)).toEqual(Object.values(living.endpoint.ports))
  await living.kill('SIGKILL')
  await runtime.sweep()
  expect(await openPorts(living.endpoint)).toEqual([])
})
