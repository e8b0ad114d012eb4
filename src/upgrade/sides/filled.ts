import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stateFolder } from '../../core/folders.ts'
import type { LaneClient } from '../../core/lane-client.ts'
import type { SavedLane } from '../../core/lane-states.ts'
import { contentsFile } from '../../core/state-contents.ts'
import { type SideName, sidesFolder } from './record.ts'

const listFile = 'saved.json'

/** What each side was filled with: digests, and no data. */
export function filledFolder(id: string, name: SideName | '' = ''): string {
  return join(sidesFolder(stateFolder()), id, name)
}

/** Puts down what a lane holds before anybody has written to it. @param folder is made */
export async function putDown(client: LaneClient, lane: string, folder: string): Promise<void> {
  await mkdir(join(folder, lane), { recursive: true, mode: 0o700 })
  const saved = await client.request('saveState', { lane, folder: join(folder, lane) })
  await removeData(join(folder, lane))
  await writeFile(join(folder, listFile), JSON.stringify(saved), { mode: 0o600, flush: true })
}

/** What {@link putDown} has put there. */
export async function readFilled(folder: string): Promise<SavedLane> {
  return JSON.parse(await readFile(join(folder, listFile), 'utf8')) as SavedLane
}

/** The list of contents is enough to tell what changes. */
async function removeData(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile() && entry.name !== `${contentsFile}.zst`) await rm(join(entry.parentPath, entry.name))
  }
}
