import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Instance } from '../../../../src/core/contracts.ts'
import { cacheFolder } from '../../../../src/core/folders.ts'
import { silent } from '../../../../src/core/report.ts'
import { Run } from '../../../../src/core/run.ts'
import { createDockerRuntime } from '../../../../src/runtimes/docker/index.ts'
import type { PostgresOptions } from '../../../../src/services/postgres/index.ts'
import { lackingForDocker } from '../../../docker.ts'
import { long } from '../../../long.ts'
import { docker, nameOf } from '../../../runtimes/docker-fixture.ts'
import { restore, save } from '../snapshots/saved.ts'
import { column, connectTo, dev, Place } from './fixture.ts'
import { killedBefore } from './kill.ts'

const options: PostgresOptions = { version: '17', migrations: 'schema.sql', seed: 'seed.sql', roles: ['readonly'] }
const files = { 'schema.sql': 'CREATE TABLE a (id int);', 'seed.sql': 'INSERT INTO a VALUES (1);' }
const lacking = await lackingForDocker('postgres:17')
const timeout = 240_000
const close = { connections: 'close' } as const
const ids = (url: unknown) => column(String(url), 'SELECT id FROM a ORDER BY id')

describe.skipIf(long)(`no acknowledged row is lost when the server is killed${long}`, () => {
  test('as a local process', { timeout }, async () => {
    await losesNothing(new Place(), async ({ pid = 0 }) => {
      process.kill(pid, 'SIGKILL')
    })
  })

  test.skipIf(lacking)(`in a container${lacking}`, { timeout }, async () => {
    const runtime = (folder: string) => {
      const run = new Run(join(folder, 'runs'), 'test')
      return createDockerRuntime({ run, cacheFolder: cacheFolder(), report: silent })
    }
    await losesNothing(new Place(runtime), async (instance) => {
      await docker('kill', nameOf(instance))
    })
  })
})

async function losesNothing(at: Place, kill: (instance: Instance) => Promise<void>): Promise<void> {
  await using place = at
  place.write(files)
  const acknowledged: number[] = []
  {
    await using server = await place.start(options)
    const { url } = await server.session.environments.open(dev)
    const client = await connectTo({ connectionString: url })
    const writing = (async () => {
      for (let id = 2; ; id += 1) {
        await client.query('INSERT INTO a VALUES ($1)', [id])
        acknowledged.push(id)
      }
    })().catch(() => {})
    await expect.poll(() => acknowledged.length, { interval: 1, timeout: 60_000 }).toBeGreaterThan(100)
    await kill(server.instance)
    await server.instance.ended
    await writing
  }
  await using server = await place.start(options)
  const { url } = await server.session.environments.open(dev)
  const found = new Set(await ids(url))
  expect([1, ...acknowledged].filter((id) => !found.has(id))).toEqual([])
  await server.session.resetLane(dev, close)
  expect(await ids(url)).toEqual([1])
}

test.skipIf(long)(
  `killed at any step of being made, wiped or brought back, it is the old or the new${long}`,
  async () => {
    await using place = new Place()
    place.write(files)
    await using server = await place.start(options)
    const superuser = await server.superuser()
    const lane = await server.session.environments.open(dev)
    using saved = await save(server.session, dev)

    const steps = async (
      decides: RegExp,
      begin: () => Promise<unknown>,
      act: (session: typeof server.session) => Promise<unknown>,
    ) => {
      for (let number = 0; ; number += 1) {
        await begin()
        const session = await server.again()
        const died = await killedBefore(number, decides, () => act(session))
        await session[Symbol.asyncDispose]()
        await using next = await server.again()
        const after = await next.environments.open(dev)
        expect(after).toEqual(lane)
        const found = await ids(lane.readonlyUrl)
        expect(
          died ? [[1], [7]] : [[1]],
          `killed before the statement ${number} of those like ${decides}`,
        ).toContainEqual(found)
        if (!died) return number
      }
    }
    const opened = async (session: typeof server.session) => {
      await session.environments.open(dev)
      return session
    }
    const rewrite = () => column(String(lane.ownerUrl), 'UPDATE a SET id = 7')
    const wiping = await steps(/ALLOW_CONNECTIONS|RENAME|^COMMIT$/, rewrite, async (session) =>
      (await opened(session)).resetLane(dev, close),
    )
    const loading = await steps(/ RENAME /, rewrite, async (session) => restore(await opened(session), dev, saved))
    const drop = () => superuser.query('DROP DATABASE tta_dev')
    const making = await steps(/CREATE DATABASE| RENAME /, drop, opened)
    // As many as there are at least: suspending, two names, the commit, admitting; the names; making and naming.
    expect(wiping).toBeGreaterThan(5)
    expect([loading, making]).toEqual([3, 2])
    await superuser.end()
  },
  timeout,
)
