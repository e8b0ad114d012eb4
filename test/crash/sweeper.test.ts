import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { volatileFolder } from '../../src/core/folders.ts'
import { identify } from '../../src/core/process-identity.ts'
import type { Sandbox } from '../cli/sandbox.ts'
import { long } from '../long.ts'
import { openPorts, openRun, sandboxOf, services } from './runs.ts'

const stack = [services.postgres, services.valkey]

/** Runs that were killed, and so left everything. */
async function killedRuns(sandbox: Sandbox, count: number) {
  const runs = await Promise.all(Array.from({ length: count }, () => openRun(sandbox)))
  await Promise.all(runs.map(({ program }) => program.kill()))
  return runs.flatMap((run) => run.services)
}

test.skipIf(long)(`a sweep killed at any moment is finished by the next one${long}`, async () => {
  await using sandbox = sandboxOf(stack)
  const left = await killedRuns(sandbox, 2)
  for (const point of [200, 260, 320, 380]) {
    const sweep = sandbox.start(['gc', '--quiet'])
    await Promise.race([sweep.ended, new Promise((resolve) => setTimeout(resolve, point))])
    await sweep.kill()
  }
  expect((await sandbox.cli(['gc', '--yes'])).code).toBe(0)
  expect(await openPorts(left)).toEqual([])
  await sandbox.expectNothingLeft()
})

test.skipIf(long)(`sweeps side by side remove everything once, without an error${long}`, async () => {
  await using sandbox = sandboxOf(stack)
  const left = await killedRuns(sandbox, 2)
  const sweeps = await Promise.all([1, 2, 3].map(() => sandbox.cli(['gc', '--yes'])))
  expect(sweeps.map(({ code, stderr }) => ({ code, stderr }))).toEqual(sweeps.map(() => ({ code: 0, stderr: '' })))
  expect(await openPorts(left)).toEqual([])
  await sandbox.expectNothingLeft()
})

test('a sweep leaves living runs, strangers with a recorded number and foreign folders alone', async () => {
  await using sandbox = sandboxOf([services.valkey])
  const living = await openRun(sandbox)
  const dead = await openRun(sandbox)
  await dead.program.kill()

  const stranger = spawn('sleep', ['600'])
  const ended = new Promise((resolve) => stranger.once('exit', resolve))
  const foreign = join(volatileFolder(0), `foreign-${process.pid}`)
  mkdirSync(foreign)
  try {
    // As if the dead run had started a server whose number was given out again since.
    const identity = { pid: stranger.pid, startedAt: 'long ago' }
    writeFileSync(
      join(recordOf(sandbox, dead.program.pid), 'resource-000099.json'),
      JSON.stringify({ kind: 'process', what: 'a server', identity, stopSignal: 'SIGKILL' }),
    )
    const { code, stdout } = await sandbox.cli(['gc', '--yes'])
    expect(code).toBe(0)
    expect(stdout).not.toContain('a server')
    expect(await openPorts(dead.services)).toEqual([])
    expect(await openPorts(living.services)).toHaveLength(1)
    expect(identify(stranger.pid ?? 0)).toBeDefined()
    expect(existsSync(foreign)).toBe(true)
  } finally {
    stranger.kill('SIGKILL')
    rmSync(foreign, { recursive: true })
  }
  await ended
  living.program.type('end\n')
  await living.program.ended
  await sandbox.expectNothingLeft()
})

test.skipIf(long)(`what was being put on record when a run was killed goes too${long}`, async () => {
  await using sandbox = sandboxOf([services.valkey])
  const dead = sandbox.script(join(import.meta.dirname, 'fixtures', 'own-stack.ts'))
  await dead.says(/^ready/m)
  await dead.kill()
  for (const file of [
    `runs/0123456789ab.${dead.pid}.partial/run.json`,
    `up/0123456789abcdef.json.${dead.pid}.partial`,
  ]) {
    mkdirSync(join(sandbox.stateFolder, file, '..'), { recursive: true })
    writeFileSync(join(sandbox.stateFolder, file), '{"own')
  }
  await sandbox.cli(['gc', '--yes'])
  await sandbox.expectNothingLeft()
})

function recordOf(sandbox: Sandbox, pid: number): string {
  const runs = join(sandbox.stateFolder, 'runs')
  const id = readdirSync(runs).find((name) =>
    readFileSync(join(runs, name, 'run.json'), 'utf8').includes(`"pid":${pid},`),
  )
  if (!id) throw new Error(`no run of process ${pid} is on record`)
  return join(runs, id)
}
