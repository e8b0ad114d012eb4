import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { StateReader } from '../../../../src/core/contracts.ts'
import type { Neo4jLane } from '../../../../src/services/neo4j/index.ts'
import { long } from '../../../long.ts'
import { connect, count, laneId, type Opened, open, query } from '../fixture.ts'
import { load, type Saved, save } from './saved.ts'

const id = laneId(1)

/** A reader of one file, `store`, whatever is in it. */
function reading(content: Uint8Array | Iterable<Uint8Array>): StateReader {
  return {
    async *read() {
      yield* content instanceof Uint8Array ? [content] : content
    },
  }
}

async function contentOf(saved: Saved): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of saved.reader().read('store')) pieces.push(piece)
  return Buffer.concat(pieces)
}

describe.skipIf(long)(`states of lanes on the host program${long}`, { timeout: 240_000 }, () => {
  let opened: Opened
  let lane: Neo4jLane
  let driver: ReturnType<typeof connect>

  const write = (text: string) => query(driver, lane, text)
  const all = () =>
    query(driver, lane, 'MATCH (n) RETURN labels(n) AS labels, properties(n) AS values ORDER BY elementId(n)')

  beforeAll(async () => {
    const seed = async ({ lane }: { lane: Neo4jLane }) => {
      await using seeding = connect(lane)
      await query(seeding, lane, 'CREATE CONSTRAINT seed_id FOR (s:Seed) REQUIRE s.id IS UNIQUE')
      await query(seeding, lane, 'UNWIND range(1, 3) AS i CREATE (:Seed {id: i})')
    }
    opened = await open({ seed: { run: seed, inputs: [] } })
    lane = await opened.session.createLane(id)
    driver = connect(lane)
  }, 120_000)

  afterAll(async () => {
    await driver?.close()
    await opened?.[Symbol.asyncDispose]()
  })

  test('a mark is restored as often as wanted; a reset then brings the template back', async () => {
    const { snapshots } = opened.session
    await write("CREATE (:Marked {name: 'one'})")
    await using first = await snapshots.mark(id)
    const one = await all()
    await write("MATCH (m:Marked) SET m.name = 'two' CREATE (:More)")
    await using second = await snapshots.mark(id)
    const two = await all()
    for (const [mark, state] of [
      [first, one],
      [second, two],
      [first, one],
      [first, one],
      [second, two],
    ] as const) {
      await write('MATCH (n) DETACH DELETE n')
      await mark.restore()
      expect(await all()).toEqual(state)
    }
    expect(await opened.session.reset(id, { connections: 'keep' })).toBe('CLONED')
    expect(await count(driver, lane)).toBe(3)
    await second.restore()
    expect(await all()).toEqual(two)
    expect(await opened.session.reset(id, { connections: 'close' })).toBe('CLONED')
    expect(await count(driver, lane)).toBe(3)
  })

  test('a mark of a clean lane leaves it clean', async () => {
    await opened.session.reset(id, { connections: 'keep' })
    await using _mark = await opened.session.snapshots.mark(id)
    expect(await opened.session.reset(id, { connections: 'keep' })).toBe('NOTHING')
  })

  test('a mark outlives a reset that replaces the whole DBMS', async () => {
    await write('CREATE (:Kept)')
    await using mark = await opened.session.snapshots.mark(id)
    await write("CREATE USER mallory SET PASSWORD 'mallory-1'")
    expect(await opened.session.reset(id, { connections: 'keep' })).toBe('REPLACED')
    await driver.close()
    driver = connect(lane)
    await mark.restore()
    expect(await count(driver, lane, '(n:Kept)')).toBe(1)
    await opened.session.reset(id, { connections: 'keep' })
    expect(await count(driver, lane)).toBe(3)
  })

  test('clients stay connected through save, load, mark and restore, with their bookmarks', async () => {
    const { snapshots } = opened.session
    const session = driver.session({ database: lane.database })
    const add = () => session.executeWrite((transaction) => transaction.run('CREATE (:Client)'))
    const clients = async () => {
      const { records } = await session.executeRead((transaction) =>
        transaction.run('MATCH (c:Client) RETURN count(c) AS n'),
      )
      return records[0]?.get('n')
    }
    await add()
    using saved = await save(snapshots, id)
    for (let round = 0; round < 5; round++) await add()
    await using mark = await snapshots.mark(id)
    await add()
    await load(snapshots, id, saved)
    expect(await clients()).toBe(1)
    await mark.restore()
    expect(await clients()).toBe(6)
    await add()
    expect(await clients()).toBe(7)
    expect(await opened.session.reset(id, { connections: 'keep' })).toBe('CLONED')
    expect(await clients()).toBe(0)
    await session.close()
  })

  test('a transaction that is open while a lane is saved is not part of it, and can not be committed', async () => {
    const session = driver.session({ database: lane.database })
    const transaction = session.beginTransaction()
    await transaction.run('CREATE (:Uncommitted)')
    using saved = await save(opened.session.snapshots, id)
    expect(saved.summary.counts).toEqual({ '(:Seed)': 3 })
    await expect(transaction.commit()).rejects.toThrow()
    await session.close()
    expect(await count(driver, lane, '(n:Uncommitted)')).toBe(0)
  })

  test('a lane that is being written to all the time is saved as it was at one moment', async () => {
    let going = true
    const writer = async () => {
      for (let pair = 0; going; pair++) {
        // Some of them meet the moment in which the database is stopped.
        await write(`CREATE (:Left {pair: ${pair}})-[:OF]->(:Right {pair: ${pair}})`).catch(() => {})
      }
    }
    const writing = [writer(), writer(), writer()]
    try {
      for (let round = 0; round < 5; round++) {
        using saved = await save(opened.session.snapshots, id)
        const { counts } = saved.summary
        expect(counts['(:Left)'] ?? 0).toBe(counts['(:Right)'] ?? 0)
        // It holds what was said of it: this throws when not.
        await using _loaded = await opened.session.snapshots.load(id, saved.reader(), saved.summary)
      }
    } finally {
      going = false
      await Promise.all(writing)
    }
    await opened.session.reset(id, { connections: 'keep' })
  })

  test('what was there comes back with swapBack, and nothing is left behind', async () => {
    const { snapshots } = opened.session
    using saved = await save(snapshots, id)
    await write('CREATE (:Later)')
    const later = await all()
    const loaded = await snapshots.load(id, saved.reader(), saved.summary)
    expect(await all()).toEqual(later)
    await loaded.swap()
    expect(await count(driver, lane)).toBe(3)
    await loaded.swapBack()
    expect(await all()).toEqual(later)
    await loaded[Symbol.asyncDispose]()
    expect(await all()).toEqual(later)
    await opened.session.reset(id, { connections: 'keep' })
  })

  describe('a store that is not what was saved leaves the lane as it was', () => {
    let saved: Saved
    let content: Buffer

    beforeAll(async () => {
      await write('CREATE (:Saved)-[:R]->(:Saved)')
      saved = await save(opened.session.snapshots, id)
      content = await contentOf(saved)
      await opened.session.reset(id, { connections: 'keep' })
    })

    afterAll(() => saved[Symbol.dispose]())

    const frame = (path: string, text: string) => `${JSON.stringify({ path, size: text.length })}\n${text}`

    /** The file's bytes changed, its length kept. */
    function spoiled(file: string, change: (bytes: Buffer) => void): Buffer {
      const copy = Buffer.from(content)
      const at = copy.indexOf(`"${file}"`)
      const start = copy.indexOf('\n', at) + 1
      const { size } = JSON.parse(copy.toString('utf8', copy.lastIndexOf('{', at), start)) as { size: number }
      change(copy.subarray(start, start + size))
      return copy
    }

    test.each<[string, () => Buffer, string]>([
      ['nothing', () => Buffer.alloc(0), 'ISOLANE_SNAPSHOT_DAMAGED'],
      ['cut short', () => content.subarray(0, content.length / 2), 'ISOLANE_SNAPSHOT_DAMAGED'],
      ['without its last line', () => content.subarray(0, content.lastIndexOf('{')), 'ISOLANE_SNAPSHOT_DAMAGED'],
      ['with something behind it', () => Buffer.concat([content, Buffer.from('{}\n')]), 'ISOLANE_SNAPSHOT_DAMAGED'],
      ['noise', () => Buffer.alloc(100_000, 'x'), 'ISOLANE_SNAPSHOT_DAMAGED'],
      [
        'a file above it',
        () => Buffer.from(`${frame('databases/../../x', 'x')}{"files":1}\n`),
        'ISOLANE_SNAPSHOT_DAMAGED',
      ],
      ['an absolute path', () => Buffer.from(`${frame('/tmp/x', 'x')}{"files":1}\n`), 'ISOLANE_SNAPSHOT_DAMAGED'],
      ['no files', () => Buffer.from('{"files":0}\n'), 'ISOLANE_RESTORE_FAILED'],
      [
        'a file of another kind',
        () => Buffer.from(`${frame('databases/neostore', 'x')}{"files":1}\n`),
        'ISOLANE_RESTORE_FAILED',
      ],
      ['a store of zeros', () => spoiled('databases/neostore', (bytes) => bytes.fill(0)), 'ISOLANE_RESTORE_FAILED'],
      [
        'nodes of zeros',
        () => spoiled('databases/neostore.nodestore.db', (bytes) => bytes.fill(0)),
        'ISOLANE_RESTORE_FAILED',
      ],
      [
        'noise in the log',
        () => spoiled('transactions/neostore.transaction.db.0', (bytes) => bytes.fill(7)),
        'ISOLANE_RESTORE_FAILED',
      ],
    ])('%s', async (_, damage, code) => {
      await write('CREATE (:Mine)')
      const before = await all()
      await expect(opened.session.snapshots.load(id, reading(damage()), saved.summary)).rejects.toMatchObject({ code })
      expect(await all()).toEqual(before)
    })

    test('another state than its summary says', async () => {
      const { counts, digests } = saved.summary
      const { snapshots } = opened.session
      const wrongCount = { ...saved.summary, counts: { ...counts, '(:Saved)': 3 } }
      await expect(snapshots.load(id, saved.reader(), wrongCount)).rejects.toThrow('(:Saved) counts 2 instead of 3')
      const wrongValue = { ...saved.summary, digests: { ...digests, '[:R]': '0'.repeat(64) } }
      await expect(snapshots.load(id, saved.reader(), wrongValue)).rejects.toThrow('[:R] has other contents')
      const wrongSchema = { ...saved.summary, schema: '0'.repeat(64) }
      await expect(snapshots.load(id, saved.reader(), wrongSchema)).rejects.toThrow('constraints or indexes')
    })

    test('a newer server’s, or a dump', async () => {
      const { snapshots } = opened.session
      for (const version of ['5.27.0', '2026.08.1']) {
        await expect(snapshots.load(id, saved.reader(), { ...saved.summary, version })).rejects.toMatchObject({
          code: 'ISOLANE_SNAPSHOT_REFUSED',
          message: expect.stringContaining(`is of Neo4j ${version}`),
        })
      }
      await expect(
        snapshots.load(id, saved.reader(), { ...saved.summary, format: 'neo4j-dump' }),
      ).rejects.toMatchObject({
        code: 'ISOLANE_SNAPSHOT_REFUSED',
      })
    })

    test('a later patch of the same line is none', async () => {
      await using _loaded = await opened.session.snapshots.load(id, saved.reader(), {
        ...saved.summary,
        version: '5.26.999',
      })
    })
  })

  test('a dropped lane’s states are gone, and so are those of a lane that is not there', async () => {
    const two = laneId(2)
    await opened.session.createLane(two)
    const mark = await opened.session.snapshots.mark(two)
    await opened.session.dropLane(two)
    await expect(mark.restore()).rejects.toMatchObject({ code: 'ISOLANE_LANE_LOST' })
    await mark[Symbol.asyncDispose]()
    await expect(opened.session.snapshots.mark(two)).rejects.toMatchObject({ code: 'ISOLANE_LANE_LOST' })
  })
})
