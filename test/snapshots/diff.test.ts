import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { LaneId, StateSummary, StateWriter } from '../../src/core/contracts.ts'
import { silent } from '../../src/core/report.ts'
import { StateContents, shortDigest } from '../../src/core/state-contents.ts'
import { createSnapshot } from '../../src/snapshots/create.ts'
import { diffSnapshots } from '../../src/snapshots/diff.ts'
import type { Manifest } from '../../src/snapshots/manifest.ts'
import { SnapshotStore } from '../../src/snapshots/store.ts'
import { MemoryHost } from '../core/memory-host.ts'
import { addSnapshot, emptyFolder, filesBelow, forge, storeWith } from './folders.ts'
import { MemoryStack } from './memory-stack.ts'

/** Lists its contents: an item `key=value` is a row of the group that its key's first letter names. */
class ListingHost extends MemoryHost {
  override async saveLane(lane: LaneId, files: StateWriter): Promise<StateSummary> {
    const contents = new StateContents()
    for (const item of this.lanes.get(lane.number) ?? []) {
      const [key = '', value = ''] = item.split('=')
      contents.add(key.slice(0, 1), shortDigest(key), shortDigest(value))
    }
    await contents.write(files)
    return { ...(await super.saveLane(lane, files)), ...contents.summary() }
  }
}

async function save(
  store: SnapshotStore,
  name: string,
  items: readonly string[],
  host: MemoryHost = new ListingHost(),
): Promise<void> {
  await using stack = await MemoryStack.open(host)
  await stack.lease(...items)
  const options = { lanes: undefined, reason: 'test', stack: 'default', report: silent }
  await using _snapshot = await createSnapshot({ store, client: stack.client, name, ...options })
}

test('rows that were added, removed and changed, by group', async () => {
  const store = new SnapshotStore(emptyFolder())
  await save(store, 'before', ['a1=x', 'a2=x', 'b1=x', 'c1=x'])
  await save(store, 'after', ['a1=x', 'a2=y', 'b2=x', 'b3=x', 'c1=x'])
  await using before = await store.open('before')
  await using after = await store.open('after')
  expect(await diffSnapshots(before, before)).toEqual([])
  expect(await diffSnapshots(before, after)).toEqual([
    {
      lane: 'lane-1',
      service: 'memory',
      kind: 'memory',
      schemaChanged: false,
      countsOnly: false,
      changes: [
        { group: 'a', before: 2, after: 2, added: 0, removed: 0, changed: 1 },
        { group: 'b', before: 1, after: 2, added: 2, removed: 1, changed: 0 },
      ],
    },
  ])
})

test('by counts where contents are not listed', async () => {
  const store = await storeWith('before', 'a', 'b', 'c')
  await addSnapshot(store, 'after', 'a')
  await using before = await store.open('before')
  await using after = await store.open('after')
  expect(await diffSnapshots(before, after)).toMatchObject([
    { countsOnly: true, changes: [{ group: 'items', before: 3, after: 1, added: 0, removed: 2, changed: 0 }] },
  ])
})

/** Knows digests, and lists nothing. */
class DigestHost extends MemoryHost {
  override async describeLane(lane: LaneId): Promise<StateSummary> {
    const items = [...(this.lanes.get(lane.number) ?? [])]
    return { ...(await super.describeLane(lane)), digests: { items: shortDigest(items.join()) } }
  }
}

/** Knows nothing of what is in a lane. */
class SilentHost extends MemoryHost {
  override async describeLane(lane: LaneId): Promise<StateSummary> {
    return { ...(await super.describeLane(lane)), counts: {} }
  }
}

test('by digests where counts are equal', async () => {
  const store = new SnapshotStore(emptyFolder())
  await save(store, 'before', ['a', 'b'], new DigestHost())
  await save(store, 'after', ['a', 'c'], new DigestHost())
  await using before = await store.open('before')
  await using after = await store.open('after')
  expect(await diffSnapshots(before, before)).toEqual([])
  expect(await diffSnapshots(before, after)).toMatchObject([
    { countsOnly: true, changes: [{ group: 'items', before: 2, after: 2, added: 0, removed: 0, changed: null }] },
  ])
})

test.each([
  ['counts alone', MemoryHost],
  ['nothing', SilentHost],
])('by the files themselves where %s tells', async (_what, Host) => {
  const store = new SnapshotStore(emptyFolder())
  await save(store, 'before', ['a', 'b'], new Host())
  await save(store, 'same', ['a', 'b'], new Host())
  await save(store, 'after', ['a', 'c'], new Host())
  await using before = await store.open('before')
  await using same = await store.open('same')
  await using after = await store.open('after')
  expect(await diffSnapshots(before, same)).toEqual([])
  expect(await diffSnapshots(before, after)).toMatchObject([{ service: 'memory', changes: [], filesDiffer: true }])
})

test('what neither could save is said to be unknown', async () => {
  const store = new SnapshotStore(emptyFolder())
  for (const name of ['before', 'after']) {
    await save(store, name, ['a'])
    const folder = join(store.folder, name)
    for (const file of filesBelow(folder)) await chmod(file, 0o600)
    forge(folder, ({ lanes }) => {
      const services: Record<string, unknown> = (lanes as unknown as Manifest['lanes'])['lane-1']?.services ?? {}
      services.other = { kind: 'other', unsupported: 'it has no way to' }
    })
  }
  await using before = await store.open('before')
  await using after = await store.open('after')
  expect(await diffSnapshots(before, after)).toMatchObject([{ service: 'other', unsaved: true, changes: [] }])
})
