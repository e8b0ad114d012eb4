import { expect, test } from 'vitest'
import { allJavas } from '../../../src/runtimes/native/index.ts'
import { long } from '../../long.ts'
import { connect, count, laneId, open, query } from './fixture.ts'

const newest = Math.max(0, ...(await allJavas()).map(({ major }) => major))

test.skipIf(Boolean(newest < 21 || long))(
  `Neo4j 2026 (needs Java 21): lanes, every kind of reset, errors with their line${long}`,
  { timeout: 300_000 },
  async () => {
    await using opened = await open({ version: '2026' })
    expect(opened.session.version).toMatch(/^2026\.\d+\.\d+$/)
    const [one, two] = await Promise.all([1, 2].map((number) => opened.session.createLane(laneId(number))))
    if (!one || !two) throw new Error('no lanes')
    await using driver = connect(one)
    await using other = connect(two)
    const written = async (text: string) => {
      await query(driver, one, text)
      const how = await opened.session.reset(laneId(1), { connections: 'keep' })
      expect(await count(driver, one)).toBe(0)
      return how
    }
    await query(other, two, 'CREATE (:Mine)')
    expect(await written('CREATE (:A)-[:R]->(:B)')).toBe('DELETED')
    expect(await written('RETURN 1')).toBe('NOTHING')
    expect(await written('UNWIND range(1, 9000) AS i CREATE (:A {i: i})')).toBe('CLONED')
    expect(await written('CREATE CONSTRAINT c FOR (a:A) REQUIRE a.i IS UNIQUE')).toBe('CLONED')
    expect(await query(driver, one, 'SHOW CONSTRAINTS')).toEqual([])
    expect(await written("CREATE USER mallory SET PASSWORD 'mallory-1'")).toBe('REPLACED')
    const session = driver.session({ database: one.database })
    const forgotten = session.beginTransaction()
    await forgotten.run('CREATE (:Forgotten)')
    await opened.session.reset(laneId(1), { connections: 'close' })
    // The driver may even call it a success: it says COMMIT into a closed connection.
    await forgotten.commit().catch(() => {})
    await using fresh = connect(one)
    expect(await count(fresh, one)).toBe(0)
    expect(await count(other, two)).toBe(1)
  },
)
