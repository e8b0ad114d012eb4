import { join } from 'node:path'
import { runtimes } from '../builtin.ts'
import type { Runtime } from '../core/contracts.ts'
import { cacheFolder } from '../core/folders.ts'
import { silent } from '../core/report.ts'
import { Run } from '../core/run.ts'
import { RuntimeSet } from '../core/runtime-choice.ts'

/**
 * One of Isolane's own runtimes, to try a service of your own on.
 * @param folder where its records lie: a temporary folder of your test.
 * @throws ISOLANE_RUNTIME_UNSUPPORTED when there is none of that name.
 */
export async function builtInRuntime(name: string, folder: string): Promise<Runtime> {
  const context = { run: new Run(join(folder, 'runs'), folder), cacheFolder: cacheFolder(), report: silent }
  return new RuntimeSet(runtimes, context).get(name)
}
