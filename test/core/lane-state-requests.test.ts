/** States of lanes as runs and workers ask for them, over the lane server's socket. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { configOf, runtimes } from '../../src/builtin.ts'
import { attachTo } from '../../src/core/attached-stack.ts'
import { HeldLane, type LaneSource } from '../../src/core/held-lane.ts'
import { LaneClient } from '../../src/core/lane-client.ts'
import { LanePool } from '../../src/core/lane-pool.ts'
import { LaneServer } from '../../src/core/lane-server.ts'
import { self } from '../../src/core/process-identity.ts'
import { silent } from '../../src/core/report.ts'
import { Run } from '../../src/core/run.ts'
import type { AfterRun } from '../../src/core/stack-handle.ts'
import { redis } from '../../src/index.ts'
import { MemoryHost } from './memory-host.ts'

const worker = { what: 'worker' }

let folder: string
let host: MemoryHost
let pool: LanePool
let server: LaneServer
let source: LaneSource

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'isolane-state-requests-'))
  host = new MemoryHost()
  pool = new LanePool({ hosts: [host], limit: 6, leaseTimeout: 5_000, report: silent, env: () => ({}) })
  const facts = { name: '', root: '', runtime: '', mode: 'shared' as const, services: [] }
  const run = new Run(mkdtempSync(join(folder, 'runs-')), 'test')
  const status = async () => ({ ...facts, pool: pool.status() })
  server = await LaneServer.open({ stack: { run, pool, status, logs: async () => '' } })
  source = { address: server.address, reset: 'file', snapshot: { name: 'after-run', of: 'all' } }
})

afterEach(async () => {
  await server.close()
  await pool.close()
  rmSync(folder, { recursive: true, force: true })
})

const itemsOf = ({ lane }: HeldLane) => host.lanes.get(lane.id.number) ?? new Set()
const phases = () => Object.fromEntries(pool.status().lanes.map(({ name, phase }) => [name, phase]))

async function lease(item: string): Promise<HeldLane> {
  const held = await HeldLane.lease(source, worker)
  host.lanes.get(held.lane.id.number)?.add(item)
  return held
}

/** Gives a lane back, and waits until the server knows. */
async function release(held: HeldLane): Promise<void> {
  held.release()
  await expect.poll(() => phases()[held.lane.id.name]).not.toBe('leased')
}

describe('whoever holds a lane', () => {
  test('marks it and brings it back, without saying which', async () => {
    const held = await lease('one')
    await held.mark('m')
    host.lanes.get(held.lane.id.number)?.add('two')
    expect(await held.restoreMark('m')).toBe(true)
    expect([...itemsOf(held)]).toEqual(['one'])
    expect(await held.restoreMark('unknown')).toBe(false)
    expect(await held.describeState()).toMatchObject({ memory: { counts: { items: 1 } } })
    held.release()
  })

  test('loads what another connection has saved into its own lane, and into no one else’s', async () => {
    const [held, other] = [await lease('one'), await lease('two')]
    const client = await LaneClient.connect(server.address)
    expect(await client.request('stateSize', { lane: held.lane.id.name })).toEqual({ bytes: 100 })
    const saved = await client.request('saveState', { lane: held.lane.id.name, folder })
    await other.loadState(folder, saved)
    expect([...itemsOf(other)]).toEqual(['one'])
    const refused = { code: 'ISOLANE_SNAPSHOT_REFUSED', message: expect.stringContaining('is in use by worker') }
    for (const { lane } of [held, other]) {
      await expect(client.request('loadState', { lane: lane.id.name, folder, saved })).rejects.toMatchObject(refused)
    }
    await release(held)
    await client.request('loadState', { lane: held.lane.id.name, folder, saved })
    expect(phases()[held.lane.id.name]).toBe('left')
    other.release()
    client.close()
  })

  test('is asked for a name where it holds none', async () => {
    const client = await LaneClient.connect(server.address)
    await expect(client.request('mark', { name: 'm' })).rejects.toMatchObject({ code: 'ISOLANE_PROTOCOL' })
    await expect(client.request('saveState', { folder })).rejects.toMatchObject({ code: 'ISOLANE_PROTOCOL' })
    await expect(client.request('saveState', { lane: 'lane-9', folder })).rejects.toMatchObject({
      code: 'ISOLANE_OPTION_INVALID',
    })
    client.close()
  })
})

describe('a run on a stack that is up', () => {
  async function attach(keep: 'nothing' | 'failed', save: AfterRun['save']) {
    const config = await configOf(folder, { services: { cache: redis() }, keep })
    const facts = { name: '', root: folder, fingerprint: '', startedAt: '', logFile: '' }
    const up = { ...facts, owner: self, address: server.address }
    const afterRun = { snapshot: { name: 'after-run', of: 'all' as const }, save }
    const { signal } = new AbortController()
    return attachTo(up, { config, runtimes, workers: 1, report: silent, signal, afterRun })
  }

  test.each(['nothing', 'failed'] as const)(
    'saves what its workers have left, and lets go of it; with keep: %o not of what failed',
    async (keep) => {
      const seen: Record<string, string>[] = []
      const run = await attach(keep, async () => {
        seen.push(phases())
        return Object.keys(phases())
      })
      source = { ...source, keepFailed: keep === 'failed' }
      const [passed, failed] = [await lease('one'), await lease('two')]
      await failed.keep('broken')
      await release(passed)
      await release(failed)
      const { name } = passed.lane.id
      await run?.close()
      expect(seen).toEqual([expect.objectContaining({ [name]: 'left', [failed.lane.id.name]: 'kept' })])
      await expect.poll(() => phases()[name]).toBe('ready')
      await expect.poll(() => phases()[failed.lane.id.name]).toBe(keep === 'failed' ? 'kept' : 'ready')
    },
  )

  test('leaves alone what another run has left', async () => {
    const run = await attach('nothing', async () => [])
    source = { ...source, snapshot: { name: 'of another run', of: 'all' } }
    const held = await lease('one')
    await release(held)
    await run?.close()
    expect(phases()[held.lane.id.name]).toBe('left')
    expect([...itemsOf(held)]).toEqual(['one'])
  })
})
