import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LaneId } from '../../../src/core/contracts.ts'
import type { SqliteLane } from '../../../src/services/sqlite/index.ts'
import { connect, Ground, laneId, names, type Opened, open } from './fixture.ts'
import { LineProgram } from './program.ts'

const seeded = ['one', 'two']
const add = "INSERT INTO item (name) VALUES ('new')"

describe.each(['DELETE', 'WAL'])('a template in journal mode %s', (mode) => {
  let ground: Ground
  let opened: Opened
  let number = 0

  beforeAll(async () => {
    ground = new Ground()
    ground.write('schema.sql', `PRAGMA journal_mode = ${mode}; CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT);`)
    ground.write('seed.sql', "INSERT INTO item (name) VALUES ('one'), ('two');")
    opened = await open(ground, { migrations: 'schema.sql', seed: 'seed.sql' })
  })

  afterAll(async () => {
    await opened[Symbol.asyncDispose]()
    ground[Symbol.dispose]()
  })

  async function newLane(): Promise<{ id: LaneId; lane: SqliteLane }> {
    number += 1
    const id = laneId(number)
    return { id, lane: await opened.session.createLane(id) }
  }

  test('lanes have the journal mode that the migrations chose', async () => {
    const { lane } = await newLane()
    using database = connect(lane)
    expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: mode.toLowerCase() })
  })

  test('connections stay open over a reset and see the clean state, prepared statements too', async () => {
    const { id, lane } = await newLane()
    using writer = connect(lane)
    using reader = connect(lane)
    const count = reader.prepare('SELECT count(*) AS count FROM item')
    for (let round = 0; round < 3; round += 1) {
      writer.exec(`DELETE FROM item; ${add}; CREATE TABLE junk (x); DROP TABLE item; PRAGMA user_version = 7`)
      await opened.session.resetLane(id, { connections: 'keep' })
      expect(count.get()).toEqual({ count: 2 })
      expect(names(writer)).toEqual(seeded)
      expect(reader.prepare("SELECT name FROM sqlite_schema WHERE name = 'junk'").all()).toEqual([])
      expect(reader.prepare('PRAGMA user_version').get()).toEqual({ user_version: 0 })
    }
  })

  test('row numbers begin where the template left them', async () => {
    const { id, lane } = await newLane()
    using database = connect(lane)
    const insert = database.prepare(`${add} RETURNING id`)
    expect([insert.get(), insert.get()]).toEqual([{ id: 3 }, { id: 4 }])
    await opened.session.resetLane(id, { connections: 'keep' })
    expect(insert.get()).toEqual({ id: 3 })
  })

  test('another process goes on with the connection it has', async () => {
    const { id, lane } = await newLane()
    await using holder = new LineProgram('hold-lane.ts', [add], { SQLITE_FILE: lane.file })
    expect(await holder.line()).toBe('["one","two","new"]')
    await opened.session.resetLane(id, { connections: 'keep' })
    expect(await holder.ask()).toBe('["one","two"]')
  })

  test.each(['keep', 'close'] as const)('what a killed process left in its files is gone (%s)', async (connections) => {
    const { id, lane } = await newLane()
    await using holder = new LineProgram('hold-lane.ts', [`${add}; BEGIN IMMEDIATE; ${add}`], {
      SQLITE_FILE: lane.file,
    })
    expect(await holder.line()).toBe('["one","two","new","new"]')
    await holder.kill()
    await opened.session.resetLane(id, { connections })
    using database = connect(lane)
    expect(names(database)).toEqual(seeded)
  })

  test('an open transaction is waited for, then told of; once it has ended the reset works', async () => {
    const { id, lane } = await newLane()
    using database = connect(lane)
    database.exec(`BEGIN IMMEDIATE; ${add}`)
    await expect(opened.session.resetLane(id, { connections: 'keep' })).rejects.toMatchObject({
      code: 'ISOLANE_RESET_FAILED',
      message: expect.stringMatching(/database of lane-\d+ .* locked: end the transaction/),
    })
    database.exec('COMMIT')
    await opened.session.resetLane(id, { connections: 'keep' })
    expect(names(database)).toEqual(seeded)
  })

  test('a short transaction only delays the reset', async () => {
    const { id, lane } = await newLane()
    using database = connect(lane)
    database.exec(`BEGIN IMMEDIATE; ${add}`)
    const reset = opened.session.resetLane(id, { connections: 'keep' })
    // Another lane's reset comes and goes while this one waits.
    const { id: other } = await newLane()
    await opened.session.resetLane(other, { connections: 'keep' })
    database.exec('COMMIT')
    await reset
    expect(names(database)).toEqual(seeded)
  })

  test('whoever kept the files of a lane that changed hands writes where nobody reads', async () => {
    const { id, lane } = await newLane()
    using stale = connect(lane)
    stale.exec(add)
    await opened.session.resetLane(id, { connections: 'close' })
    using holder = connect(lane)
    try {
      stale.exec(add)
    } catch {
      // SQLite may notice that its file was replaced.
    }
    holder.exec("INSERT INTO item (name) VALUES ('mine')")
    stale.close()
    expect(names(holder)).toEqual([...seeded, 'mine'])
    using later = connect(lane)
    expect(names(later)).toEqual([...seeded, 'mine'])
  })

  test('a journal mode that a test has chosen stays with its connections, and goes with them', async () => {
    const { id, lane } = await newLane()
    const other = mode === 'WAL' ? 'delete' : 'wal'
    {
      using database = connect(lane)
      expect(database.prepare(`PRAGMA journal_mode = ${other}`).get()).toEqual({ journal_mode: other })
      database.exec(add)
      await opened.session.resetLane(id, { connections: 'keep' })
      expect(names(database)).toEqual(seeded)
    }
    await opened.session.resetLane(id, { connections: 'close' })
    using database = connect(lane)
    expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: mode.toLowerCase() })
  })

  test('a file that is no database any more is replaced when the lane changes hands', async () => {
    const { id, lane } = await newLane()
    writeFileSync(lane.file, 'not a database '.repeat(1_000))
    await expect(opened.session.resetLane(id, { connections: 'keep' })).rejects.toMatchObject({
      code: 'ISOLANE_RESET_FAILED',
      message: expect.stringContaining('not a database'),
    })
    await opened.session.resetLane(id, { connections: 'close' })
    using database = connect(lane)
    expect(names(database)).toEqual(seeded)
  })

  test('a dropped lane leaves no file', async () => {
    const { id, lane } = await newLane()
    using database = connect(lane)
    database.exec(add)
    await opened.session.dropLane(id)
    expect(existsSync(lane.file)).toBe(false)
  })

  test('resets do not touch the template', async () => {
    const { id, lane } = await newLane()
    const before = readFileSync(lane.file)
    using database = connect(lane)
    database.exec(add)
    await opened.session.resetLane(id, { connections: 'keep' })
    const { lane: later } = await newLane()
    expect(readFileSync(later.file).equals(before)).toBe(true)
  })
})
