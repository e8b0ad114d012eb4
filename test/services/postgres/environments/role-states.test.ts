import { describe, expect, test } from 'vitest'
import { long } from '../../../long.ts'
import { restore, save } from '../snapshots/saved.ts'
import { column, dev, Place, staging } from './fixture.ts'

describe.skipIf(long)(`users of an environment, over time${long}`, () => {
  test('new passwords outlive restarts, and states go where others are called otherwise', async () => {
    await using place = new Place()
    const options = { version: '17', roles: ['app', 'readonly', 'monitor'] } as const
    const hold = (url: unknown, text = 'SELECT 1') => column(String(url), text)
    await using server = await place.start(options)
    const first = await server.session.environments.open(dev)
    const staged = await server.session.environments.open(staging)
    await hold(first.ownerUrl, 'CREATE TABLE item (id int)')
    await hold(first.ownerUrl, 'GRANT TRUNCATE ON item TO tta_dev_app')
    await hold(first.url, 'CREATE TABLE mine AS SELECT 7 AS id')

    const rotated = await server.session.environments.rotate?.(dev, ['app', 'owner'])
    await expect(hold(first.url)).rejects.toThrow(/password authentication failed/)
    await expect(hold(first.ownerUrl)).rejects.toThrow(/password authentication failed/)
    expect(rotated).toMatchObject({ readonlyUrl: first.readonlyUrl, database: 'tta_dev' })
    const again = await server.again()
    const reopened = await again.environments.open(dev)
    expect(reopened).toEqual(rotated)
    expect(await hold(reopened.url, 'SELECT id FROM mine')).toEqual([7])

    // Into another environment: what was app's is app's there, with the rights that were given by hand.
    using saved = await save(again, dev)
    expect(saved.state.details).toMatchObject({ owner: 'tta_dev', users: 'app readonly monitor' })
    await restore(server.session, staging, saved)
    const whose = (url: unknown) =>
      hold(url, `SELECT relname || ' ' || relowner::regrole FROM pg_class WHERE relname IN ('item', 'mine') ORDER BY 1`)
    await server.session.environments.open(staging)
    expect(await whose(staged.url)).toEqual(['item tta_staging', 'mine tta_staging_app'])
    expect(await hold(staged.readonlyUrl, 'SELECT id FROM mine')).toEqual([7])
    await hold(staged.url, 'TRUNCATE item')
    const strangers = `SELECT relname FROM pg_class WHERE relacl::text LIKE '%tta_dev%'
      UNION ALL SELECT 'default' FROM pg_default_acl WHERE defaclacl::text LIKE '%tta_dev%'`
    expect(await hold(staged.ownerUrl, strangers)).toEqual([])

    // Wiped, users and rights are there again.
    await again.resetLane(dev, { connections: 'close' })
    await hold(reopened.url, 'CREATE TABLE after_wipe (id int)')
    expect(await hold(reopened.readonlyUrl, 'SELECT count(*)::int FROM after_wipe')).toEqual([0])
    await expect(hold(reopened.monitorUrl, 'SELECT * FROM after_wipe')).rejects.toThrow(/permission denied/)
    await restore(again, dev, saved)
    expect(await whose(reopened.url)).toEqual(['item tta_dev', 'mine tta_dev_app'])
    expect(await hold(reopened.readonlyUrl, 'SELECT id FROM mine')).toEqual([7])
    await again[Symbol.asyncDispose]()
  })
})
