import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { LaneEndpoint, LaneId, LoadedState, ServiceSession, SnapshotSupport } from '../core/contracts.ts'
import type { SavedService } from '../core/lane-states.ts'
import { contentsFile } from '../core/state-contents.ts'
import { StateFolderReader, StateFolderWriter } from '../core/state-files.ts'
import type { ServiceFixture } from './service.ts'

/** What the suite of all services has at hand while it runs. */
export interface SnapshotGround<Lane extends LaneEndpoint> {
  readonly fixture: ServiceFixture<Lane>
  readonly session: ServiceSession<Lane>
  /** The administrator's. */
  readonly password: string
  newLane(): Promise<{ readonly id: LaneId; readonly lane: Lane }>
}

type Saved = Pick<Extract<SavedService, { state: unknown }>, 'state' | 'files'> & { readonly folder: string }

/** What services do whose lanes can be saved. Nothing is asked of the others. @param lanes the most there can be at once */
export function snapshotContract<Lane extends LaneEndpoint>(ground: () => SnapshotGround<Lane>, lanes: number): void {
  describe('snapshots', () => {
    const folders: string[] = []

    afterEach(() => {
      for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
    })

    const save = async (snapshots: SnapshotSupport, id: LaneId): Promise<Saved> => {
      const folder = mkdtempSync(join(tmpdir(), 'isolane-contract-'))
      folders.push(folder)
      const writer = new StateFolderWriter(folder)
      return { folder, state: await snapshots.save(id, writer), files: writer.files }
    }

    const load = (snapshots: SnapshotSupport, id: LaneId, { folder, files, state }: Saved): Promise<LoadedState> =>
      snapshots.load(id, new StateFolderReader(folder, files), state)

    const snapshotTest = (
      title: string,
      work: (parts: SnapshotGround<Lane> & { readonly snapshots: SnapshotSupport }) => Promise<void>,
    ) =>
      test(title, async () => {
        const parts = ground()
        const snapshots = supportOf(parts.session)
        if (!snapshots) return expect(snapshots).toBeUndefined()
        await work({ ...parts, snapshots })
      })

    snapshotTest(
      'what was saved comes back when it is swapped in, and goes again',
      async ({ fixture, newLane, snapshots }) => {
        const { id, lane } = await newLane()
        await fixture.write(lane)
        const saved = await save(snapshots, id)
        expect(await snapshots.describe(id)).toEqual(saved.state)
        await fixture.write(lane)
        expect((await snapshots.describe(id)).digests).not.toEqual(saved.state.digests)
        {
          await using state = await load(snapshots, id, saved)
          expect(await fixture.count(lane)).toBe(fixture.seeded + 2)
          await state.swap()
          expect(await fixture.count(lane)).toBe(fixture.seeded + 1)
          expect(await snapshots.describe(id)).toEqual(saved.state)
          await state.swapBack()
          expect(await fixture.count(lane)).toBe(fixture.seeded + 2)
        }
        expect(await fixture.count(lane)).toBe(fixture.seeded + 2)
      },
    )

    snapshotTest(
      'a lane that has been loaded is as good as any: written to, loaded again, reset, dropped',
      async ({ fixture, session, newLane, snapshots }) => {
        const from = await newLane()
        await fixture.write(from.lane)
        const saved = await save(snapshots, from.id)
        const { id, lane } = lanes > 1 ? await newLane() : from
        for (const _twice of [1, 2]) {
          await using state = await load(snapshots, id, saved)
          await state.swap()
          await state[Symbol.asyncDispose]()
          expect(await fixture.count(lane)).toBe(fixture.seeded + 1)
          await fixture.write(lane)
        }
        expect(await fixture.count(lane)).toBe(fixture.seeded + 2)
        await session.resetLane(id, { connections: 'close' })
        expect(await fixture.count(lane)).toBe(fixture.seeded)
      },
    )

    snapshotTest(
      'what was loaded and not swapped in leaves no trace in the lane',
      async ({ fixture, newLane, snapshots }) => {
        const { id, lane } = await newLane()
        const saved = await save(snapshots, id)
        await fixture.write(lane)
        const before = await snapshots.describe(id)
        const state = await load(snapshots, id, saved)
        await state[Symbol.asyncDispose]()
        expect(await snapshots.describe(id)).toEqual(before)
      },
    )

    snapshotTest(
      'a lane is saved as it was at one moment, while it is written to',
      async ({ fixture, newLane, snapshots }) => {
        const { id, lane } = await newLane()
        const writing = (async () => {
          for (let number = 0; number < 5; number += 1) await fixture.write(lane)
        })()
        const saved = await save(snapshots, id)
        await writing
        await using state = await load(snapshots, id, saved)
        await state.swap()
        expect(await snapshots.describe(id)).toEqual(saved.state)
        expect(await fixture.count(lane)).toBeLessThanOrEqual(fixture.seeded + 5)
      },
    )

    snapshotTest(
      'a marked lane is brought back, twice, and a forgotten mark leaves it alone',
      async ({ fixture, session, newLane, snapshots }) => {
        const { id, lane } = await newLane()
        await fixture.write(lane)
        const before = await snapshots.describe(id)
        const mark = await snapshots.mark(id)
        await fixture.write(lane)
        await mark.restore()
        expect(await fixture.count(lane)).toBe(fixture.seeded + 1)
        await session.resetLane(id, { connections: 'keep' })
        await fixture.damage?.(lane)
        await mark.restore()
        expect(await snapshots.describe(id)).toEqual(before)
        await fixture.write(lane)
        await mark[Symbol.asyncDispose]()
        expect(await fixture.count(lane)).toBe(fixture.seeded + 2)
      },
    )

    snapshotTest('a damaged file is refused, and the lane stays as it is', async ({ fixture, newLane, snapshots }) => {
      const { id, lane } = await newLane()
      const saved = await save(snapshots, id)
      await fixture.write(lane)
      for (const { name } of saved.files.filter((file) => file.name !== `${contentsFile}.zst`)) {
        const path = join(saved.folder, name)
        const good = readFileSync(path)
        const bad = Buffer.from(good)
        const middle = bad.length >> 1
        bad.writeUInt8(bad.readUInt8(middle) ^ 1, middle)
        writeFileSync(path, bad)
        await expect(load(snapshots, id, saved)).rejects.toMatchObject({ code: 'ISOLANE_SNAPSHOT_DAMAGED' })
        writeFileSync(path, good)
      }
      expect(await fixture.count(lane)).toBe(fixture.seeded + 1)
    })

    snapshotTest(
      'what is told of a state is plain data without passwords, and its size was foreseen',
      async ({ password, newLane, snapshots }) => {
        const { id, lane } = await newLane()
        const foreseen = await snapshots.size(id)
        const { state, files } = await save(snapshots, id)
        expect(JSON.parse(JSON.stringify(state))).toEqual(state)
        for (const secret of [password, lane.password].filter(Boolean)) {
          expect(JSON.stringify(state)).not.toContain(secret)
        }
        expect(Object.keys(state.digests).sort()).toEqual(Object.keys(state.counts).sort())
        expect(files.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(foreseen)
      },
    )
  })
}

function supportOf({ snapshots }: ServiceSession): SnapshotSupport | undefined {
  return snapshots && !('unsupported' in snapshots) ? snapshots : undefined
}
