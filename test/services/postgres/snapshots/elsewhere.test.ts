import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { long } from '../../../long.ts'
import { type Lane, type Subject, subject } from '../harness.ts'
import { restore, type Saved, save, snapshotsOf } from './saved.ts'

describe.skipIf(long)(`a state that comes from a server with other locales and extensions${long}`, () => {
  let server: Subject
  let lane: Lane
  let saved: Saved

  beforeAll(async () => {
    const seed = `CREATE TABLE item (name text); INSERT INTO item VALUES ('b'), ('A')`
    server = await subject({ version: '17', seed: 's.sql', extensions: ['citext'] }, { 's.sql': seed })
    lane = await server.lane()
    saved = await save(server.session, lane.id)
  })

  afterAll(async () => {
    saved?.[Symbol.dispose]()
    await server?.dispose()
  })

  const restoreWith = async (changes: Readonly<Record<string, string>>, without: readonly string[] = []) => {
    const details = Object.fromEntries(Object.entries(saved.state.details).filter(([name]) => !without.includes(name)))
    const before = server.events.length
    await restore(server.session, lane.id, {
      state: { ...saved.state, details: { ...details, ...changes } },
      reader: saved.reader,
    })
    return server.events.slice(before)
  }

  test('keeps its locale where the server has it', async () => {
    const libc = { provider: 'libc', collation: 'C', ctype: 'C' }
    expect(await restoreWith(libc, ['locale'])).toEqual([])
    const { details } = await snapshotsOf(server.session).describe(lane.id)
    expect(details).toMatchObject(libc)
    expect(details.locale).toBeUndefined()
    const builtin = { provider: 'builtin', locale: 'C', collation: 'C', ctype: 'C' }
    expect(await restoreWith(builtin)).toEqual([])
    expect((await snapshotsOf(server.session).describe(lane.id)).details).toMatchObject(builtin)
  })

  test('is told of where it has not', async () => {
    const events = await restoreWith({ provider: 'libc', collation: 'xx_YY.UTF-8', ctype: 'C' }, ['locale'])
    expect(events).toEqual([
      {
        kind: 'warning',
        subject: 'postgres',
        text: expect.stringMatching(/LC_COLLATE xx_YY\.UTF-8.*builtin C\.UTF-8/),
      },
    ])
    expect((await snapshotsOf(server.session).describe(lane.id)).details).toMatchObject({ provider: 'builtin' })
  })

  test('is told of with other versions of extensions', async () => {
    expect(await restoreWith({ extensions: 'citext 0.9' })).toEqual([
      { kind: 'info', subject: 'postgres', text: expect.stringMatching(/citext 0\.9, here 1\.\d/) },
    ])
  })
})
