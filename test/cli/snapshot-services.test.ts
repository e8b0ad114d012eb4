import { join } from 'node:path'
import { Redis } from 'ioredis'
import neo4j from 'neo4j-driver'
import pg from 'pg'
import { expect, test } from 'vitest'
import type { Lane } from '../../src/core/lane.ts'
import { long } from '../long.ts'
import { config } from './sandbox.ts'
import { SnapshotProject } from './snapshot-project.ts'

const services = `
  db: postgres({ version: '15', migrations: './cities.sql' }),
  cache: redis(),
  graph: neo4j({ version: '5.26' })`

test.skipIf(long)(
  `a snapshot of all three comes back elsewhere with one command${long}`,
  async () => {
    await using project = new SnapshotProject()
    project.write('isolane.config.ts', config(services))
    await project.cli(['up'])
    const held = await project.hold()
    await fill(held.lane)
    expect(await project.cli(['snapshot', 'create', 'red'])).toMatchObject({ code: 0, stderr: '' })
    await project.cli(['snapshot', 'export', 'red', './red.tar'])
    held.release()
    await project.cli(['down'])

    await using elsewhere = new SnapshotProject()
    elsewhere.write('isolane.config.ts', config(services))
    const restored = await elsewhere.cli(['snapshot', 'restore', join(project.root, 'red.tar')])
    expect(restored).toMatchObject({
      code: 0,
      stdout: [
        'lane-1 of red is in lane-1 now, until `isolane down lane-1`. Look into it:',
        '  isolane open lane-1 db',
        '  isolane open lane-1 cache',
        '  isolane open lane-1 graph',
      ].join('\n'),
    })
    expect(await contents(await elsewhere.look('lane-1'))).toEqual([
      [{ name: 'Oslo', people: 1 }],
      'Akerselva',
      [['Ida', 'Oslo']],
    ])
    expect((await elsewhere.cli(['snapshot', 'verify', join(project.root, 'red.tar'), '--test-restore'])).code).toBe(0)
    await elsewhere.cli(['down'])
    await elsewhere.expectNothingLeft()
  },
  180_000,
)

async function fill(lane: Lane): Promise<void> {
  await using clients = await connect(lane)
  await clients.db.query("INSERT INTO city VALUES ('Oslo', 1)")
  await clients.cache.set('river', 'Akerselva')
  await clients.cypher("CREATE (:Person { name: 'Ida' })-[:LIVES_IN]->(:City { name: 'Oslo' })")
}

async function contents(lane: Lane): Promise<unknown[]> {
  await using clients = await connect(lane)
  return [
    (await clients.db.query('SELECT name, people FROM city')).rows,
    await clients.cache.get('river'),
    await clients.cypher('MATCH (person)-[:LIVES_IN]->(city) RETURN person.name, city.name'),
  ]
}

async function connect({ env }: Lane) {
  const {
    DATABASE_URL,
    REDIS_URL = '',
    NEO4J_URI = '',
    NEO4J_USER = '',
    NEO4J_PASSWORD = '',
    NEO4J_DATABASE = '',
  } = env
  const db = new pg.Client(DATABASE_URL)
  await db.connect()
  const cache = new Redis(REDIS_URL)
  const driver = neo4j.driver(NEO4J_URI, neo4j.auth.basic(NEO4J_USER, NEO4J_PASSWORD))
  return {
    db,
    cache,
    cypher: async (text: string) => {
      const { records } = await driver.executeQuery(text, {}, { database: NEO4J_DATABASE })
      return records.map((record) => [...record.values()])
    },
    [Symbol.asyncDispose]: async () => void (await Promise.all([db.end(), cache.quit(), driver.close()])),
  }
}
