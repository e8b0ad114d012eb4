import { expect, test } from 'vitest'
import { allJavas } from '../../../../src/runtimes/native/index.ts'
import { long } from '../../../long.ts'
import { connect, count, laneId, open, query } from '../fixture.ts'
import { everything, exactly, fill, found } from './hard-data.ts'
import { load, save } from './saved.ts'

const newest = Math.max(0, ...(await allJavas()).map(({ major }) => major))
const versions = newest < 21 ? ['5.26'] : ['5.26', '2026']

test('a small graph is marked, saved, loaded and restored', { timeout: 300_000 }, async () => {
  await using opened = await open()
  const { snapshots } = opened.session
  const lane = await opened.session.createLane(laneId(1))
  await using driver = connect(lane)
  await query(driver, lane, 'CREATE (:One)-[:TO]->(:Two)')
  await using mark = await snapshots.mark(laneId(1))
  using saved = await save(snapshots, laneId(1))
  expect(saved.summary).toMatchObject({ format: 'neo4j-store', counts: { '(:One)': 1, '(:Two)': 1, '[:TO]': 1 } })
  await query(driver, lane, 'MATCH (n) DETACH DELETE n')
  await load(snapshots, laneId(1), saved)
  expect(await count(driver, lane)).toBe(2)
  await query(driver, lane, 'MATCH (n) DETACH DELETE n')
  await mark.restore()
  expect(await snapshots.describe(laneId(1))).toEqual(saved.summary)
})

for (const version of versions) {
  test.skipIf(long)(
    `everything that Neo4j ${version} can hold comes back, value by value${long}`,
    {
      timeout: 300_000,
    },
    async () => {
      await using opened = await open({ version })
      const { snapshots } = opened.session
      const lane = await opened.session.createLane(laneId(1))
      await using driver = exactly(lane)
      await fill(driver, lane)
      const before = await everything(driver, lane)
      const finds = await found(driver, lane)
      using saved = await save(snapshots, laneId(1))
      expect(await snapshots.describe(laneId(1))).toEqual(saved.summary)
      expect(await everything(driver, lane)).toEqual(before)

      await driver.executeQuery('MATCH (n) DETACH DELETE n', {}, { database: lane.database })
      await driver.executeQuery('DROP CONSTRAINT second_id', {}, { database: lane.database })
      await load(snapshots, laneId(1), saved)
      expect(await everything(driver, lane)).toEqual(before)
      expect(await found(driver, lane)).toEqual(finds)
      expect(await snapshots.describe(laneId(1))).toEqual(saved.summary)

      const other = await opened.session.createLane(laneId(2))
      await load(snapshots, laneId(2), saved)
      await using reader = exactly(other)
      expect(await everything(reader, other)).toEqual(before)
      expect(finds).toEqual([['running'], ['twice'], expect.any(Array), ['1.5 as float'], ['199n', '299n'], ['1n']])
    },
  )
}
