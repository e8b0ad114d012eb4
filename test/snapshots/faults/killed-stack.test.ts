import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { LaneClient } from '../../../src/core/lane-client.ts'
import { silent } from '../../../src/core/report.ts'
import { packSnapshot } from '../../../src/snapshots/archive.ts'
import { type CreateStep, createSnapshot } from '../../../src/snapshots/create.ts'
import { restoreIntoLane } from '../../../src/snapshots/restore.ts'
import { SnapshotStore } from '../../../src/snapshots/store.ts'
import { verifySnapshot } from '../../../src/snapshots/verify.ts'
import type { Sandbox } from '../../cli/sandbox.ts'
import { packageFolder } from '../../cli/sandbox.ts'
import { lease, openRun, sandboxOf } from '../../crash/runs.ts'
import { long } from '../../long.ts'
import { emptyFolder, leftovers } from '../folders.ts'

const migration = "CREATE TABLE city (name text PRIMARY KEY);\nINSERT INTO city VALUES ('Oslo');\n"

function project(): Sandbox {
  const entry = join(packageFolder, 'src', 'index.ts')
  const text = `import { defineStack, sqlite } from '${entry}'
export default defineStack({ services: { db: sqlite({ migrations: './migrations' }) } })
`
  return sandboxOf([], { files: { 'isolane.config.ts': text, 'migrations/1_cities.sql': migration } })
}

function cities(file: string, ...more: readonly string[]): unknown[] {
  using database = new DatabaseSync(file)
  for (const name of more) database.prepare('INSERT INTO city VALUES (?)').run(name)
  return database
    .prepare('SELECT name FROM city ORDER BY name')
    .all()
    .map(({ name }) => name)
}

/** It may have been quicker than the kill. @returns whether it was */
async function onlyLost(work: Promise<unknown>): Promise<boolean> {
  const error = await work.then(
    () => undefined,
    (thrown) => thrown,
  )
  if (error) expect(String(error)).toContain('ISOLANE_LANE_LOST')
  return error === undefined
}

describe('kill -9 of the stack', () => {
  test.skipIf(long)(
    `while it saves a lane, SQLite | ISOLANE_LANE_LOST and nothing of it is left, or the whole snapshot${long}`,
    async () => {
      await using sandbox = project()
      const store = new SnapshotStore(emptyFolder())
      const run = await openRun(sandbox)
      using _held = await lease(run)
      const client = await LaneClient.connect(run.address)
      let killed: Promise<unknown> | undefined
      const onStep = ({ kind }: CreateStep) => {
        if (kind === 'lane') killed = run.program.kill()
      }
      const options = { lanes: undefined, reason: 'test', stack: 'default', report: silent, onStep }
      const saved = await onlyLost(createSnapshot({ store, client, name: 'cities', ...options }))
      await killed
      expect(leftovers(store)).toEqual([])
      expect((await store.list()).map(({ name }) => name)).toEqual(saved ? ['cities'] : [])
      expect(await sandbox.cli(['gc', '--yes'])).toMatchObject({ code: 0 })
    },
  )

  test.skipIf(long)(
    `while it loads a state, SQLite | ISOLANE_LANE_LOST; the snapshot is whole, and comes back in another run${long}`,
    async () => {
      await using sandbox = project()
      const store = new SnapshotStore(emptyFolder())
      const first = await openRun(sandbox)
      {
        using held = await lease(first)
        cities(String(held.lane.endpoints.db?.file), 'Bergen', 'Tromsø')
        const client = await LaneClient.connect(first.address)
        const options = { lanes: undefined, reason: 'test', stack: 'default', report: silent }
        await using snapshot = await createSnapshot({ store, client, name: 'cities', ...options })
        client.close()
        expect(snapshot.manifest.lanes['lane-1']?.services.db).toMatchObject({
          kind: 'sqlite',
          state: { counts: { city: 3 } },
        })
        const load = async (folder: string, saved: never) => {
          const loading = held.client.request('loadState', { folder, saved })
          const killed = first.program.kill()
          await Promise.all([loading, killed])
        }
        await onlyLost(restoreIntoLane({ snapshot, load: load as never }))
        await verifySnapshot(snapshot, { readData: true })
        await packSnapshot(snapshot, join(store.folder, 'cities.tar'))
      }
      const second = await openRun(sandbox)
      using held = await lease(second)
      const file = String(held.lane.endpoints.db?.file)
      expect(cities(file)).toEqual(['Oslo'])
      await using archive = await store.open(join(store.folder, 'cities.tar'))
      const load = async (folder: string, saved: never) =>
        void (await held.client.request('loadState', { folder, saved }))
      await restoreIntoLane({ snapshot: archive, load: load as never })
      expect(cities(file)).toEqual(['Bergen', 'Oslo', 'Tromsø'])
      await second.program.kill()
      expect(await sandbox.cli(['gc', '--yes'])).toMatchObject({ code: 0 })
    },
  )
})
