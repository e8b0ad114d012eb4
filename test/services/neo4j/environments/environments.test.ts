import { mkdirSync, rmSync, watch, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { environments as support } from '../../../../src/services/neo4j/environments/index.ts'
import type { Neo4jLane } from '../../../../src/services/neo4j/index.ts'
import { long } from '../../../long.ts'
import { connect, count, laneId, query } from '../fixture.ts'
import { answers, exactly, fill } from '../snapshots/hard-data.ts'
import { load, save, saveBy } from '../snapshots/saved.ts'
import { environmentId, environmentsFolder, freePorts, Kept, type Up, up } from './fixture.ts'

const withoutIds = [
  `MATCH (n) RETURN properties(n) AS properties, COLLECT { UNWIND labels(n) AS label RETURN label ORDER BY label } AS labels,
     COLLECT { UNWIND keys(n) AS key RETURN key + valueType(n[key]) AS type ORDER BY type } AS types`,
  'MATCH (a)-[r]->(b) RETURN type(r) AS type, properties(r) AS properties, properties(a) AS from, properties(b) AS to',
  'SHOW CONSTRAINTS YIELD name, type, entityType, labelsOrTypes, properties, ownedIndex, createStatement RETURN *',
  `SHOW INDEXES YIELD name, type, entityType, labelsOrTypes, properties, indexProvider, options, createStatement, state
     WHERE state = 'ONLINE' RETURN *`,
]

const [dev, staging] = [environmentId('dev', 0), environmentId('staging', 1, { password: 'of-the-config' })]

describe.skipIf(long)(`environments on the host program${long}`, { timeout: 120_000 }, () => {
  const kept = new Kept()
  const migrations = join(kept.folder, 'migrations')
  let port: number
  let stack: Up

  const write = async (lane: Neo4jLane, text: string) => {
    await using driver = connect(lane)
    return await query(driver, lane, text)
  }
  const nodes = async (lane: Neo4jLane, pattern = '(n)') => {
    await using driver = connect(lane)
    return await count(driver, lane, pattern)
  }
  const start = () =>
    up({ migrations: './migrations', port, httpPort: port + 500 }, { kept, environments: [dev, staging] })

  beforeAll(async () => {
    port = await freePorts(2)
    mkdirSync(migrations)
    writeFileSync(
      join(migrations, '1_seed.cypher'),
      'CREATE CONSTRAINT seed FOR (s:Seed) REQUIRE s.id IS UNIQUE;\nCREATE (:Seed {id: 1});',
    )
    stack = await start()
  }, 120_000)

  afterAll(async () => {
    await stack?.[Symbol.asyncDispose]()
    kept[Symbol.dispose]()
  })

  test('begin as the template, on their own ports, with their own names and passwords', async () => {
    const { environments } = stack.session
    const one = await environments.open(dev)
    const two = await environments.open(staging)
    expect([one.port, two.port]).toEqual([port, port + 1_000])
    expect([one.database, two.database, two.password]).toEqual(['tta-dev', 'tta-staging', 'of-the-config'])
    expect([await nodes(one), await nodes(two)]).toEqual([1, 1])
    expect(await write(one, 'SHOW DATABASES YIELD name RETURN name ORDER BY name')).toEqual([
      { name: 'system' },
      { name: 'tta-dev' },
    ])
    expect(await (await fetch(String(one.http))).json()).toMatchObject({ neo4j_version: one.version })
    const lane = await stack.session.createLane(laneId(1))
    expect(await nodes(lane)).toBe(1)
    const refusals = await Promise.all(
      [
        [lane, one],
        [lane, two],
        [one, two],
        [two, one],
      ].map(([from, to]) => support.marks.intrude(from as Neo4jLane, to as Neo4jLane)),
    )
    expect(refusals).toEqual(Array.from({ length: 4 }, () => expect.stringMatching(/unauthorized/)))
    expect(await support.marks.intrude(one, one)).toBeUndefined()
    expect(await support.check(one)).toEqual([
      { who: 'neo4j', address: `127.0.0.1:${port}/tta-dev`, milliseconds: expect.any(Number) },
    ])
    expect(await support.check({ ...one, password: 'wrong' })).toMatchObject([
      { problem: expect.stringContaining('does not take the password') },
    ])
  })

  test('marks', async () => {
    const one = await stack.session.environments.open(dev)
    const two = await stack.session.environments.open(staging)
    await support.marks.write(one, 'mark-1')
    expect([await support.marks.count(one, 'mark-1'), await support.marks.count(two, 'mark-1')]).toEqual([1, 0])
    await support.marks.remove(one, 'mark-1')
    expect(await support.marks.count(one, 'mark-1')).toBe(0)
  })

  test('what was acknowledged is there after the process was killed in the middle of writing', async () => {
    const one = await stack.session.environments.open(dev)
    const driver = connect(one)
    let acknowledged = 0
    const writing = (async () => {
      for (;;) {
        await query(driver, one, `CREATE (:Written {number: ${acknowledged}})`)
        acknowledged += 1
        if (acknowledged === 200) process.kill(stack.instance.pid as number, 'SIGKILL')
      }
    })()
    await expect(writing).rejects.toThrow()
    await driver.close()
    await stack[Symbol.asyncDispose]()
    stack = await start()
    const again = await stack.session.environments.open(dev)
    expect(again).toEqual(one)
    expect(await nodes(again, '(n:Written)')).toBeGreaterThanOrEqual(acknowledged)
    expect(acknowledged).toBeGreaterThanOrEqual(200)
  })

  test('wiped, saved and loaded; drivers go on; states carry what migrations the data have seen', async () => {
    const { session } = stack
    const one = await session.environments.open(dev)
    await using driver = connect(one)
    await query(driver, one, 'CREATE (:Mine {on: date("2024-02-29")})')
    const before = await count(driver, one)
    const saved = await save(session.snapshots, dev)
    await session.resetLane(dev, { connections: 'close' })
    expect(await count(driver, one)).toBe(1)
    await query(driver, one, 'CREATE (:After)')
    await load(session.snapshots, dev, saved)
    expect(await count(driver, one)).toBe(before)
    expect(await session.snapshots.describe(dev)).toEqual(saved.summary)
    expect(await session.environments.facts(dev)).toMatchObject({ connections: expect.any(Number) })

    writeFileSync(join(migrations, '2_more.cypher'), 'CREATE (:More);')
    for (const more of [1, 1]) {
      await session.environments.update(dev)
      expect(await count(driver, one, '(n:More)')).toBe(more)
    }
    await load(session.snapshots, dev, saved)
    expect(await count(driver, one, '(n:More)')).toBe(0)
    await session.environments.update(dev)
    expect(await count(driver, one, '(n:More)')).toBe(1)
    writeFileSync(join(migrations, '2_more.cypher'), 'CREATE (:Else);')
    await expect(session.environments.update(dev)).rejects.toThrow(
      /2_more.cypher of graph was edited.*ENVIRONMENT_CHANGED/,
    )
  })

  test('a wipe makes what the files say now, and what is recorded is what was run', async () => {
    const { session } = stack
    const one = session.environments.endpoint(dev) as Neo4jLane
    const two = await session.environments.open(staging)
    await Promise.all([dev, staging].map((id) => session.resetLane(id, { connections: 'close' })))
    expect([await nodes(one, '(n:Else)'), await nodes(two, '(n:Else)'), await nodes(one, '(n:More)')]).toEqual([
      1, 1, 0,
    ])
    writeFileSync(join(migrations, '3_last.cypher'), 'CREATE (:Last);')
    for (const last of [1, 1]) {
      await session.environments.update(dev)
      expect(await nodes(one, '(n:Last)')).toBe(last)
    }
    await session.resetLane(dev, { connections: 'close' })
    for (const last of [1, 1]) {
      await session.environments.update(dev)
      expect(await nodes(one, '(n:Last)')).toBe(last)
    }
    rmSync(join(migrations, '3_last.cypher'))
    rmSync(join(migrations, '2_more.cypher'))
    await session.resetLane(dev, { connections: 'close' })
    expect(await session.environments.update(dev)).toEqual(one)
    expect(await nodes(one)).toBe(1)
  })

  test('what fails leaves what was there, or tells how to have it again', async () => {
    const { session } = stack
    const one = await session.environments.open(dev)
    await using driver = connect(one)
    const wipe = () => session.resetLane(dev, { connections: 'close' })
    await query(driver, one, 'CREATE (:Mine)')
    const folder = join(await environmentsFolder(kept), 'dev')
    using saved = await saveBy((files) => session.snapshots.save(dev, files))
    await query(driver, one, 'CREATE (:Later)')
    const mark = await session.snapshots.mark(dev)
    const [number] = await readdir(join(folder, 'states'))
    await mark[Symbol.asyncDispose]()
    // The data that were there can't be moved to where they are kept.
    const taken = join(folder, 'states', String(Number(number) + 2), 'databases')
    mkdirSync(join(taken, 'taken'), { recursive: true })
    await expect(load(session.snapshots, dev, saved)).rejects.toThrow(/RESTORE_FAILED/)
    expect(await count(driver, one)).toBe(3)
    // Nothing can be noted, neither that the new data are in use nor that the old ones are.
    mkdirSync(join(folder, 'isolane-environment.json.partial'))
    await expect(wipe()).rejects.toThrow(/neither forth nor back.*`isolane up`/s)
    await expect(wipe()).rejects.toThrow(/not running.*`isolane up`/s)
    await expect(session.environments.facts(dev)).rejects.toThrow(/not running.*`isolane up`/s)
    rmSync(join(folder, 'isolane-environment.json.partial'), { recursive: true })
    await session.environments.open(dev)
    expect(await count(driver, one)).toBe(3)
  })

  test('another password of the config holds from then on', async () => {
    const { session } = stack
    const other = await session.environments.open({ ...staging, password: 'another' })
    await session.resetLane(staging, { connections: 'close' })
    expect(await nodes(other)).toBe(1)
    await session.environments.open(staging)
    await expect(nodes(other)).rejects.toThrow(/unauthorized/)
  })

  test('what another server has is taken over, value by value', async () => {
    const { session } = stack
    const lane = await session.createLane(laneId(3))
    await using there = exactly(lane)
    await fill(there, lane)
    const url = lane.url.replace('://', `://neo4j:${lane.password}@`)
    const { signal } = new AbortController()
    const context = { name: 'graph', root: kept.folder, maximumLanes: 1, report: () => {}, signal }
    const { foreign } = support
    using saved = await saveBy((files) => foreign?.save(`${url}/neo4j`, files, context))
    expect(await foreign?.describe(url, context)).toEqual(saved.summary)
    expect(await foreign?.size(url, context)).toBeGreaterThan(200_000)
    await load(session.snapshots, dev, saved)
    const { counts, digests } = await session.snapshots.describe(dev)
    expect({ counts, digests }).toEqual({ counts: saved.summary.counts, digests: saved.summary.digests })
    const one = session.environments.endpoint(dev) as Neo4jLane
    await using here = exactly(one)
    expect(await answers(here, one, withoutIds)).toEqual(await answers(there, lane, withoutIds))
    await expect(foreign?.save(url.replace(lane.password, 'wrong'), {} as never, context)).rejects.toThrow(
      /can not be read.*unauthorized.*SERVER_UNREACHABLE/,
    )
    await session.resetLane(dev, { connections: 'close' })
  })

  test('killed in the middle of a wipe it has all it had, or nothing; a changed password stays so', async () => {
    const { session, instance } = stack
    const one = await session.environments.open(dev)
    const rotated = await session.environments.rotate(dev)
    expect(rotated.password).not.toBe(one.password)
    await expect(nodes(one)).rejects.toThrow(/unauthorized/)
    await expect(session.environments.rotate(staging)).rejects.toThrow(/comes from the config/)
    await session.resetLane(dev, { connections: 'close' })
    await write(rotated, 'UNWIND range(1, 1000) AS number CREATE (:Written {number: number})')
    const folder = join(await environmentsFolder(kept), 'dev')
    let events = 0
    const watcher = watch(folder, () => {
      events += 1
      if (events === 5) process.kill(instance.pid as number, 'SIGKILL')
    })
    await session.resetLane(dev, { connections: 'close' }).catch(() => {})
    watcher.close()
    await stack[Symbol.asyncDispose]()
    stack = await start()
    expect(await stack.session.environments.open(dev)).toEqual(rotated)
    expect([0, 1000]).toContain(await nodes(rotated, '(n:Written)'))
    expect(await nodes(rotated, '(n:Seed)')).toBe(1)
    expect((await readdir(folder)).filter((name) => name.startsWith('home-'))).toHaveLength(1)
    expect(await readdir(join(folder, '..'))).toEqual(expect.arrayContaining(['.lock', 'dev', 'staging']))
  })
})
