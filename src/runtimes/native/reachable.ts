import { join, relative } from 'node:path'
import { copyContents } from './copy.ts'
import { type ProvidedEngine, programPath } from './engines/index.ts'
import { openFolder } from './engines/staging.ts'
import type { Ground } from './ground.ts'
import { canReach } from './user.ts'
import type { Workplace } from './workplace.ts'

/**
 * The engine, where the server's user can run it. A cache in a folder that only root may enter can't be opened up by
 * us, so the engine is copied beside the data then.
 */
export async function reachableEngine(ground: Ground, workplace: Workplace): Promise<ProvidedEngine> {
  const { engine, user, native, context, spec } = ground
  if (!user || !engine.provided || canReach(user, programPath(engine, native.serve.program))) return engine
  const text = `user ${user.name} can't enter ${context.cacheFolder}, so ${engine.name} is copied at each start; another ISOLANE_CACHE_DIR avoids that`
  context.report({ kind: 'info', subject: spec.service, text })
  const folder = join(workplace.folder, 'engine')
  openFolder(folder)
  await copyContents(engine.folder, folder)
  return { ...engine, folder, programsFolder: join(folder, relative(engine.folder, engine.programsFolder)) }
}
