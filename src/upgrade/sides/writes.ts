import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { StateSummary } from '../../core/contracts.ts'
import { makeStateFolder, stateFolder } from '../../core/folders.ts'
import type { LaneClient } from '../../core/lane-client.ts'
import type { SavedLane } from '../../core/lane-states.ts'
import { type Comparable, diffSnapshots, isWhole, type ServiceChanges } from '../../snapshots/diff.ts'
import { registerFolder } from '../../snapshots/registered.ts'
import { filledFolder, readFilled } from './filled.ts'
import { type SideName, type Sides, sidesFolder } from './record.ts'

/**
 * What has been written to a side since it was filled, by service; services that nothing was written to are left out.
 * @param client connected to it
 * @returns `undefined` when nobody can tell, as what it was filled with is no longer on record
 */
export async function writesSince(
  client: LaneClient,
  sides: Sides,
  name: SideName,
): Promise<readonly ServiceChanges[] | undefined> {
  try {
    return await changesSince(filledFolder(sides.id, name), client, sides, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Groups with what was written to each: `postgres public.orders: 3 added, 1 changed`. */
export function writeLines(writes: readonly ServiceChanges[]): readonly string[] {
  return writes.flatMap(({ service, schemaChanged, changes, filesDiffer, unsaved }) => [
    ...(schemaChanged ? [`${service}: the schema has changed`] : []),
    ...changes.map((change) => `${service} ${change.group}: ${amounts(change)}`),
    ...(filesDiffer ? [`${service}: something has changed`] : []),
    ...(unsaved ? [`${service}: nobody knows, as it can't be saved`] : []),
  ])
}

/** Whether any of it is a write, as far as is known. */
export function hasWrites(writes: readonly ServiceChanges[]): boolean {
  return writes.some(({ unsaved }) => !unsaved)
}

async function changesSince(folder: string, client: LaneClient, sides: Sides, name: SideName) {
  const { lane } = sides[name]
  const before = await readFilled(folder)
  if (isUnchanged(before, await client.request('describeState', { lane }))) return []
  const now = join(sidesFolder(stateFolder()), `${sides.id}.${randomBytes(6).toString('hex')}`)
  const registered = registerFolder(now)
  try {
    makeStateFolder(now)
    mkdirSync(join(now, lane), { mode: 0o700 })
    const saved = await client.request('saveState', { lane, folder: join(now, lane) })
    return await diffSnapshots(comparable(folder, lane, before), comparable(now, lane, saved))
  } finally {
    await rm(now, { recursive: true, force: true })
    registered.release()
  }
}

function amounts({ added, removed, changed }: ServiceChanges['changes'][number]): string {
  const parts = [
    [added, 'added'],
    [changed === null ? 'some' : changed, 'changed'],
    [removed, 'removed'],
  ] as const
  return parts.flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`])).join(', ')
}

function isUnchanged(before: SavedLane, now: Readonly<Record<string, StateSummary>>): boolean {
  return Object.entries(before).every(([service, saved]) => {
    const state = now[service]
    if (!('state' in saved)) return true
    if (!state || !isWhole(state) || !isWhole(saved.state)) return false
    const { counts, digests, schema } = saved.state
    return isDeepStrictEqual({ counts, digests, schema }, pick(state))
  })
}

function pick({ counts, digests, schema }: StateSummary) {
  return { counts, digests, schema }
}

function comparable(folder: string, lane: string, services: SavedLane): Comparable {
  return { folder, manifest: { lanes: { [lane]: { services } } } }
}
