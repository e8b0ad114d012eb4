import { mkdirSync, readdirSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { NativeSpec } from '../../core/contracts.ts'
import { fingerprint } from '../../core/fingerprint.ts'
import { copyPaths } from './copy.ts'
import { writingCache } from './engines/cache-errors.ts'
import { partialFolder, removeFolder } from './engines/staging.ts'
import type { Ground } from './ground.ts'
import { initialisedName } from './initialised.ts'

/** States kept for each engine; older ones are removed when one is added. */
const kept = 10
/** Younger ones may be in use by a run that is just starting. */
const untouchable = 10 * 60 * 1000

const marker = 'saved.json'

/** Where the state under `key` is kept for this engine and way of initialising. */
export function savedFolder(ground: Ground, key: string): string {
  const hash = fingerprint(key, initialisedName(ground), JSON.stringify(ground.native.save ?? null)).slice(0, 24)
  return join(ground.context.cacheFolder, 'saved', `${ground.engine.name}-${ground.engine.version}-${hash}`)
}

/** Marks a state as used, so that it is kept; `false` when there is none. */
export function touchSaved(folder: string): boolean {
  const file = join(folder, marker)
  if (!statSync(file, { throwIfNoEntry: false })) return false
  try {
    utimesSync(file, new Date(), new Date())
  } catch {
    // A cache that is not ours to write is still good to read.
  }
  return true
}

export async function copySaved(folder: string, data: string, save: NonNullable<NativeSpec['save']>): Promise<void> {
  await copyPaths(join(folder, 'state'), data, save.paths)
}

/** Copies the state out of a data folder: complete under its name, or not at all. */
export async function keepSaved(
  folder: string,
  data: string,
  save: NonNullable<NativeSpec['save']>,
  cacheFolder: string,
): Promise<void> {
  await placeSaved(folder, cacheFolder, (state) => copyPaths(data, state, save.paths))
}

/** Has a state written where it is kept. @returns whether it is this one that is there then */
export async function placeSaved(
  folder: string,
  cacheFolder: string,
  fill: (state: string) => Promise<void>,
): Promise<boolean> {
  const placed = await writingCache(cacheFolder, async () => {
    const partial = partialFolder(dirname(folder))
    try {
      const state = join(partial, 'state')
      mkdirSync(state)
      await fill(state)
      writeFileSync(join(partial, marker), JSON.stringify({ savedAt: new Date().toISOString() }), { flush: true })
      return moveIntoPlace(partial, folder)
    } finally {
      removeFolder(partial)
    }
  })
  prune(dirname(folder))
  return placed
}

/** Takes a state away, in one step, so that nobody starts from half of it. */
export function discardSaved(folder: string): void {
  const trash = partialFolder(dirname(folder))
  try {
    renameSync(folder, join(trash, 'state'))
  } catch {
    // Someone else was faster.
  }
  removeFolder(trash)
}

/** Whoever saves the same key at the same time saves the same state: the first one stays. */
function moveIntoPlace(partial: string, folder: string): boolean {
  try {
    renameSync(partial, folder)
    return true
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(code) || !touchSaved(folder)) throw error
    return false
  }
}

function prune(parent: string): void {
  const states = readdirSync(parent)
    .filter((name) => !name.startsWith('.'))
    .map((name) => ({
      folder: join(parent, name),
      engine: name.split('-')[0],
      usedAt: statSync(join(parent, name, marker), { throwIfNoEntry: false })?.mtimeMs ?? 0,
    }))
    .sort((left, right) => right.usedAt - left.usedAt)
  for (const engine of new Set(states.map((state) => state.engine))) {
    const surplus = states.filter((state) => state.engine === engine).slice(kept)
    for (const { folder, usedAt } of surplus) {
      if (Date.now() - usedAt > untouchable) discardSaved(folder)
    }
  }
}
