import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LaneClient } from '../../src/core/lane-client.ts'
import { LanePool } from '../../src/core/lane-pool.ts'
import { LaneServer } from '../../src/core/lane-server.ts'
import { silent } from '../../src/core/report.ts'
import { Run, readRuns } from '../../src/core/run.ts'
import { MemoryHost } from './memory-host.ts'

let host: MemoryHost
let pool: LanePool
let server: LaneServer
let runs: string

beforeEach(async () => {
  host = new MemoryHost()
  pool = new LanePool({ hosts: [host], limit: 2, leaseTimeout: 5_000, report: silent, env: () => ({}) })
  runs = mkdtempSync(join(tmpdir(), 'isolane-runs-'))
  const status = async () => ({
    name: '',
    root: '',
    runtime: '',
    mode: 'shared' as const,
    services: [],
    pool: pool.status(),
  })
  server = await LaneServer.open({ stack: { run: new Run(runs, 'test'), pool, status, logs: async () => '' } })
})

afterEach(async () => {
  await server.close()
  await pool.close()
})

async function leaseInProcess(): Promise<{ child: ChildProcess; lane: string }> {
  const script = join(import.meta.dirname, 'fixtures', 'lease-and-wait.ts')
  const child = spawn(process.execPath, [script, server.address.path, server.address.token], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [chunk] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  return { child, lane: chunk.toString().trim() }
}

const holder = { pid: process.pid, what: 'test' }

describe('a lane comes back', () => {
  test('when its holder is killed with SIGKILL, and is cleaned first', async () => {
    const { child, lane } = await leaseInProcess()
    const number = Number(lane.split('-')[1])
    host.lanes.get(number)?.add('dirt')
    child.kill('SIGKILL')
    await expect.poll(() => host.resets).toContainEqual({ number, connections: 'close' })
    expect(host.lanes.get(number)?.size).toBe(0)
    await expect.poll(() => pool.status().lanes.some(({ phase }) => phase === 'leased')).toBe(false)
  })

  test('not before its holder ends', async () => {
    const holders = await Promise.all([leaseInProcess(), leaseInProcess()])
    expect(new Set(holders.map(({ lane }) => lane)).size).toBe(2)
    const client = await LaneClient.connect(server.address)
    let granted = false
    const waiting = client.request('lease', { holder }).then((lane) => {
      granted = true
      return lane
    })
    await client.request('status', {})
    expect(granted).toBe(false)
    holders[0].child.kill('SIGKILL')
    expect((await waiting).id.name).toBe(holders[0].lane)
    holders[1].child.kill('SIGKILL')
    client.close()
  })

  test('when whoever waited for it went away in the meantime', async () => {
    const first = await LaneClient.connect(server.address)
    const second = await LaneClient.connect(server.address)
    await Promise.all([first.request('lease', { holder }), second.request('lease', { holder })])
    const impatient = await LaneClient.connect(server.address)
    const waiting = impatient.request('lease', { holder })
    impatient.close()
    await expect(waiting).rejects.toMatchObject({ code: 'ISOLANE_LANE_LOST' })
    first.close()
    second.close()
    await expect.poll(() => pool.status().lanes.filter(({ phase }) => phase === 'ready').length).toBe(2)
  })
})

describe('the socket', () => {
  test.skipIf(process.platform === 'win32')('can be reached by its owner only, and goes with the server', async () => {
    const folder = dirname(server.address.path)
    expect(statSync(folder).mode & 0o077).toBe(0)
    await server.close()
    expect(existsSync(folder)).toBe(false)
    expect(readRuns(runs)[0]?.resources).toEqual([])
  })

  test('refuses whoever has not got the token', async () => {
    const wrong = LaneClient.connect({ ...server.address, token: `${server.address.token}x` })
    await expect(wrong).rejects.toMatchObject({ code: 'ISOLANE_PROTOCOL', message: expect.stringContaining('token') })
    expect(pool.status().leases.count).toBe(0)
  })

  test('gives one connection one lane', async () => {
    const client = await LaneClient.connect(server.address)
    await client.request('lease', { holder })
    await expect(client.request('lease', { holder })).rejects.toMatchObject({ code: 'ISOLANE_PROTOCOL' })
    client.close()
  })

  test('does not let a test run be ended from outside', async () => {
    const client = await LaneClient.connect(server.address)
    await expect(client.request('down', {})).rejects.toMatchObject({ code: 'ISOLANE_PROTOCOL' })
    client.close()
  })
})
