import { describe, expect, test } from 'vitest'
import { createDockerRuntime } from '../../../../src/runtimes/docker/index.ts'
import { allJavas } from '../../../../src/runtimes/native/index.ts'
import { lackingForDocker } from '../../../docker.ts'
import { long } from '../../../long.ts'
import { connect, count, laneId, open, query } from '../fixture.ts'
import { everything, exactly, fill, found } from './hard-data.ts'
import { load, save } from './saved.ts'

const newest = Math.max(0, ...(await allJavas()).map(({ major }) => major))
const lacking = await lackingForDocker('neo4j:5.26')
const id = laneId(1)
const timeout = 300_000

describe.skipIf(long)(`a lane's state on another server${long}`, () => {
  test('under another password and another name of the database', { timeout }, async () => {
    await using one = await open({ database: 'first' })
    await using two = await open({ database: 'the-second' }, { password: 'another-secret' })
    const [from, to] = await Promise.all([one.session.createLane(id), two.session.createLane(id)])
    await using writer = exactly(from)
    await fill(writer, from)
    const before = await everything(writer, from)
    using saved = await save(one.session.snapshots, id)
    await load(two.session.snapshots, id, saved)
    await using reader = exactly(to)
    expect(await everything(reader, to)).toEqual(before)
    expect(await found(reader, to)).toEqual(await found(writer, from))
    // Diffs between machines rely on it.
    const { details, ...described } = await two.session.snapshots.describe(id)
    expect({ ...described, details: saved.summary.details }).toEqual(saved.summary)
    expect(details.database).toBe('the-second')
    await two.session.reset(id, { connections: 'keep' })
    expect(await everything(reader, to)).toHaveLength(2)
  })

  test.skipIf(newest < 21)(
    'Neo4j 2026 upgrades what 5.26 has saved; 5.26 refuses what 2026 has',
    { timeout },
    async () => {
      await using old = await open()
      await using young = await open({ version: '2026' })
      const [from, to] = await Promise.all([old.session.createLane(id), young.session.createLane(id)])
      await using writer = exactly(from)
      await fill(writer, from)
      const before = await everything(writer, from)
      using saved = await save(old.session.snapshots, id)
      await load(young.session.snapshots, id, saved)
      await using reader = exactly(to)
      expect(await everything(reader, to)).toEqual(before)
      expect(await found(reader, to)).toEqual(await found(writer, from))
      using upgraded = await save(young.session.snapshots, id)
      await expect(load(old.session.snapshots, id, upgraded)).rejects.toThrow(
        /is of Neo4j 2026\.[\d.]+, and this server is 5\.26.*SNAPSHOT_REFUSED/,
      )
      expect(await everything(writer, from)).toEqual(before)
      await young.session.reset(id, { connections: 'keep' })
      expect(await everything(reader, to)).toHaveLength(2)
    },
  )

  test('100,000 relationships', { timeout }, async () => {
    await using opened = await open()
    const lane = await opened.session.createLane(id)
    await using driver = connect(lane)
    await query(driver, lane, 'UNWIND range(1, 1000) AS i CREATE (:Hub {i: i})')
    await query(
      driver,
      lane,
      'MATCH (a:Hub), (b:Hub) WHERE a.i % 10 = b.i % 10 CREATE (a)-[:LINK {sum: a.i * 1000 + b.i}]->(b)',
    )
    expect(await count(driver, lane, '()-->()')).toBe(100_000)
    using saved = await save(opened.session.snapshots, id)
    expect(saved.summary.counts).toEqual({ '(:Hub)': 1_000, '[:LINK]': 100_000 })
    await query(driver, lane, 'MATCH ()-[l:LINK {sum: 500500}]->() SET l.sum = 0')
    const changed = await opened.session.snapshots.describe(id)
    expect(changed.counts).toEqual(saved.summary.counts)
    expect(changed.digests['[:LINK]']).not.toBe(saved.summary.digests['[:LINK]'])
    await load(opened.session.snapshots, id, saved)
    const [row] = await query(
      driver,
      lane,
      'MATCH (a)-[l:LINK]->(b) RETURN count(l) AS all, count(CASE WHEN l.sum = a.i * 1000 + b.i THEN 1 END) AS right',
    )
    expect(row).toEqual({ all: 100_000, right: 100_000 })
  })
})

describe.skipIf(lacking || long)(`a lane's state in Docker${lacking || long}`, () => {
  test('leaves the container, and comes back into it', { timeout }, async () => {
    await using opened = await open({}, { createRuntime: createDockerRuntime })
    const lane = await opened.session.createLane(id)
    await using driver = exactly(lane)
    await fill(driver, lane)
    const before = await everything(driver, lane)
    using saved = await save(opened.session.snapshots, id)
    await using mark = await opened.session.snapshots.mark(id)
    await opened.session.reset(id, { connections: 'keep' })
    await load(opened.session.snapshots, id, saved)
    expect(await everything(driver, lane)).toEqual(before)
    await opened.session.reset(id, { connections: 'keep' })
    await mark.restore()
    expect(await everything(driver, lane)).toEqual(before)
  })
})
