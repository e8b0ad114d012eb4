import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { connect as dial } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { cacheFolder } from '../../../src/core/folders.ts'
import { identify } from '../../../src/core/process-identity.ts'
import { silent } from '../../../src/core/report.ts'
import { Run } from '../../../src/core/run.ts'
import { createNativeRuntime } from '../../../src/runtimes/native/index.ts'
import { long } from '../../long.ts'
import { connect, count, laneId, open, query } from './fixture.ts'

const soon = { timeout: 10_000, interval: 20 }

test.skipIf(long)(
  `the host ends when its owner is killed, its ports with it; a sweep removes its data${long}`,
  {
    timeout: 300_000,
  },
  async () => {
    const runs = mkdtempSync(join(tmpdir(), 'isolane-neo4j-test-'))
    const owner = spawn(process.execPath, [join(import.meta.dirname, 'owner.ts'), runs], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(createInterface({ input: owner.stdout }), 'line')) as [string]
    const { pid, port, folder } = JSON.parse(line) as { pid: number; port: number; folder: string }
    expect(identify(pid)).toBeDefined()
    expect(await accepts(port)).toBe(true)
    owner.kill('SIGKILL')
    await expect.poll(() => identify(pid), soon).toBeUndefined()
    await expect.poll(() => accepts(port), soon).toBe(false)
    const run = new Run(runs, 'sweeper')
    await createNativeRuntime({ run, cacheFolder: cacheFolder(), report: silent }).sweep()
    expect(existsSync(folder)).toBe(false)
    run.end()
    rmSync(runs, { recursive: true })
  },
)

test.skipIf(long)(`disposing the instance ends the host within a second or so${long}`, async () => {
  const opened = await open()
  const pid = opened.instance.pid ?? 0
  await opened.session.createLane(laneId(1))
  const begun = performance.now()
  await opened[Symbol.asyncDispose]()
  expect(performance.now() - begun).toBeLessThan(5_000)
  expect(identify(pid)).toBeUndefined()
})

test.skipIf(long)(`a killed host is told by whoever waits for it, and by the instance${long}`, async () => {
  await using opened = await open()
  await opened.session.createLane(laneId(1))
  const waiting = Promise.allSettled([2, 3, 4].map((number) => opened.session.createLane(laneId(number))))
  process.kill(opened.instance.pid ?? 0, 'SIGKILL')
  expect(await opened.instance.ended).toMatch(/SIGKILL/)
  for (const outcome of await waiting) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'ISOLANE_INSTANCE_ENDED' } })
  }
  await expect(opened.session.resetLane(laneId(1), { connections: 'close' })).rejects.toMatchObject({
    code: 'ISOLANE_INSTANCE_ENDED',
  })
})

test('a reset that fails half-way leaves a lane that the next reset mends, on the same port', async () => {
  await using opened = await open()
  const lane = await opened.session.createLane(laneId(1))
  await using driver = connect(lane)
  await query(driver, lane, 'CREATE INDEX passing FOR (n:Passing) ON (n.i)')
  const template = join(opened.instance.endpoint.privateFolder ?? '', '..', 'data', 'template')
  await rename(template, `${template}.away`)
  await expect(opened.session.resetLane(laneId(1), { connections: 'keep' })).rejects.toMatchObject({
    code: 'ISOLANE_RESET_FAILED',
  })
  await rename(`${template}.away`, template)
  expect(await opened.session.reset(laneId(1), { connections: 'keep' })).toBe('REPLACED')
  await using fresh = connect(lane)
  expect(await query(fresh, lane, "SHOW INDEXES YIELD name WHERE name = 'passing'")).toEqual([])
})

test.skipIf(long)(`a lane is recycled hundreds of times without growing${long}`, { timeout: 300_000 }, async () => {
  await using opened = await open()
  const lane = await opened.session.createLane(laneId(1))
  await using driver = connect(lane)
  const heaps: number[] = []
  for (let round = 1; round <= 300; round += 1) {
    const session = driver.session({ database: lane.database })
    await session.run('CREATE INDEX passing FOR (n:Passing) ON (n.i)')
    await session.run('CREATE (:Passing {i: 1})')
    await session.close()
    expect(await opened.session.reset(laneId(1), { connections: 'keep' })).toBe('CLONED')
    if (round % 100 === 0) heaps.push((await opened.session.status()).heapUsed)
  }
  expect(await count(driver, lane)).toBe(0)
  // Garbage comes and goes; what a reset leaves behind would add up.
  expect((heaps[2] ?? 0) - (heaps[0] ?? 0)).toBeLessThan(200 * 2 ** 20)
})

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dial({ port, host: '127.0.0.1' })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
