import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Instance, Service, SnapshotSupport, StateReader } from '../../../../src/core/contracts.ts'
import { type Neo4jLane, type Neo4jOptions, neo4j } from '../../../../src/services/neo4j/index.ts'
import { openServer } from '../../../../src/services/neo4j/open.ts'
import { long } from '../../../long.ts'
import { type Attached, attach, communityServers, urlOf } from '../attach/fixture.ts'
import { count, laneId, query } from '../fixture.ts'
import { everything, exactly, fill } from './hard-data.ts'
import { load, type Saved, save } from './saved.ts'
import { StoppableServers } from './stoppable-servers.ts'

const timeout = 300_000
const id = laneId(1)

describe.skipIf(long)(`states of lanes in a server of ours with many databases${long}`, { timeout }, () => {
  let server: StoppableServers
  let session: Attached
  let snapshots: SnapshotSupport
  let lane: Neo4jLane
  let driver: ReturnType<typeof exactly>
  let saved: Saved
  let full: string[]

  function definition(options: Neo4jOptions, ours: boolean) {
    const attached = neo4j({ ...options, url: urlOf(server.many.main) })
    const open: Service<Neo4jOptions, Neo4jLane>['open'] = (instance, ...parts) =>
      openServer(
        server.bolt,
        ours ? (Object.assign(Object.create(instance), { run: server.run }) as Instance) : instance,
        ...parts,
      )
    return { ...attached, service: { ...attached.service, open } }
  }

  beforeAll(async () => {
    server = await StoppableServers.open()
    session = await attach({}, 2, definition({}, true))
    snapshots = session.session.snapshots as SnapshotSupport
    const endpoint = await session.session.createLane(id)
    lane = server.many.serverOf(endpoint.database)
    driver = exactly(lane)
    await fill(driver, lane)
    full = await everything(driver, lane)
    saved = await save(snapshots, id)
  }, timeout)

  afterAll(async () => {
    await driver?.close()
    saved?.[Symbol.dispose]()
    await session?.[Symbol.asyncDispose]()
    await server?.[Symbol.asyncDispose]()
  }, timeout)

  test('a dump comes back, value by value, and what was there too', async () => {
    expect(saved.summary).toMatchObject({ format: 'neo4j-dump', counts: { '(:Kinds)': 4, '()': 2, '[:SELF]': 5 } })
    expect(await snapshots.describe(id)).toEqual(saved.summary)
    expect(await snapshots.size(id)).toBeGreaterThan(1_000_000)
    await query(driver, lane, 'MATCH (n) DETACH DELETE n')
    await query(driver, lane, 'CREATE (:Later)')
    const later = await everything(driver, lane)
    const loaded = await snapshots.load(id, saved.reader(), saved.summary)
    expect(await everything(driver, lane)).toEqual(later)
    await loaded.swap()
    expect(await everything(driver, lane)).toEqual(full)
    await loaded.swapBack()
    expect(await everything(driver, lane)).toEqual(later)
    await loaded[Symbol.asyncDispose]()
    await load(snapshots, id, saved)
    expect(await everything(driver, lane)).toEqual(full)
    // Nothing is left but the lane and the records.
    expect(server.many.names).toHaveLength(2)
    expect(server.stopped).toEqual(new Set())
    await session.session.resetLane(id, { connections: 'keep' })
    expect(Number(await count(driver, lane))).toBe(0)
  })

  test('a mark is restored as often as wanted', async () => {
    await query(driver, lane, "CREATE (:Marked {name: 'one'})")
    await using mark = await snapshots.mark(id)
    for (const damage of ['MATCH (n) DETACH DELETE n', "MATCH (m:Marked) SET m.name = 'two' CREATE (:More)"]) {
      await query(driver, lane, damage)
      await mark.restore()
      expect(await query(driver, lane, 'MATCH (n) RETURN labels(n) AS labels, n.name AS name')).toEqual([
        { labels: ['Marked'], name: 'one' },
      ])
    }
    await session.session.resetLane(id, { connections: 'keep' })
  })

  test('a dump that is none, or another, leaves the lane as it was', async () => {
    await query(driver, lane, 'CREATE (:Mine)')
    const before = await everything(driver, lane)
    const noise: StateReader = {
      async *read() {
        yield Buffer.alloc(10_000, 'x')
      },
    }
    await expect(snapshots.load(id, noise, saved.summary)).rejects.toThrow(
      /neo4j-admin database load ended with exit code/,
    )
    const broken: StateReader = {
      // biome-ignore lint/correctness/useYield: it fails before it has anything
      async *read() {
        throw new Error('the disk is gone')
      },
    }
    await expect(snapshots.load(id, broken, saved.summary)).rejects.toThrow('the disk is gone')
    const other = { ...saved.summary, counts: { ...saved.summary.counts, '(:Kinds)': 5 } }
    await expect(snapshots.load(id, saved.reader(), other)).rejects.toThrow('(:Kinds) counts 4 instead of 5')
    const newer = { ...saved.summary, version: '2099.01.0' }
    await expect(snapshots.load(id, saved.reader(), newer)).rejects.toThrow(/2099.*SNAPSHOT_REFUSED/)
    expect(await everything(driver, lane)).toEqual(before)
    expect(server.many.names).toHaveLength(2)
  })

  test('without neo4j-admin, or STOP DATABASE, it says so and the lane goes on', async () => {
    const before = await everything(driver, lane)
    server.answer = { exitCode: 127, errors: '' }
    await expect(save(snapshots, id)).rejects.toThrow(/no neo4j-admin.*SNAPSHOT_UNSUPPORTED/)
    server.answer = undefined
    server.refuseToStop = true
    await expect(save(snapshots, id)).rejects.toThrow(/no STOP DATABASE.*SNAPSHOT_UNSUPPORTED/)
    server.refuseToStop = false
    expect(server.stopped).toEqual(new Set())
    expect(await everything(driver, lane)).toEqual(before)
  })

  test('an attached server’s can not be saved, and why', async () => {
    await using attached = await attach({}, 2, definition({}, false))
    expect(attached.session.snapshots).toEqual({ unsupported: expect.stringContaining('attached server') })
  })
})

describe.skipIf(long)(`a disposable database${long}`, () => {
  const servers = communityServers()

  test('can not be saved, and why', { timeout }, async () => {
    await using attached = await attach({ url: urlOf(await servers.start()), disposable: true })
    expect(attached.session.snapshots).toEqual({ unsupported: expect.stringContaining('Community') })
  })
})
