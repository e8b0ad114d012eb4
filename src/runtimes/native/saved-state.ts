import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import type { InstanceSpec, NativeSpec, RuntimeContext, SavedState } from '../../core/contracts.ts'
import { fingerprint } from '../../core/fingerprint.ts'
import { platform } from './engines/provided.ts'
import type { Ground } from './ground.ts'
import { placeSaved, savedFolder, touchSaved } from './saved.ts'
import { findGround } from './start.ts'
import { handOverAll, type ServerUser } from './user.ts'

/** The state that a server of ours has kept under a key; `undefined` for one that keeps none. */
export async function savedState(
  spec: InstanceSpec,
  key: string,
  context: RuntimeContext,
  signal: AbortSignal,
): Promise<SavedState | undefined> {
  const save = spec.native?.save
  if (!save) return undefined
  const ground = await findGround(spec, { signal }, context, 'quick')
  const folder = savedFolder(ground, key)
  return {
    fits: fits(ground),
    ...(touchSaved(folder) ? { folder: join(folder, 'state') } : {}),
    adopt: (fill) =>
      placeSaved(folder, context.cacheFolder, async (state) => {
        await fill(state)
        makeOurs(state, save, ground.user)
      }),
  }
}

/** What a data folder is made with decides whether another server can use it. Where it was made, and by whom, does not. */
function fits({ engine, additions, native, spec }: Ground): Record<string, string> {
  const made = [native.initialise ?? null, native.save ?? null, spec.credentials.username]
  const more = additions.map(({ name, version }) => `${name} ${version}`).sort()
  return {
    engine: engine.name,
    version: engine.version,
    platform,
    ...(more.length === 0 ? {} : { additions: more.join(', ') }),
    layout: fingerprint(JSON.stringify(made)).slice(0, 16),
  }
}

/** A whole data folder is as its server wants it: for nobody else, and its own. */
function makeOurs(state: string, { paths }: NonNullable<NativeSpec['save']>, user: ServerUser | undefined): void {
  if (paths.includes('.')) chmodSync(state, 0o700)
  handOverAll(state, user)
}
