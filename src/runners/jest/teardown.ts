import { runOwnHook } from './own-hooks.ts'
import { closeStacks } from './run.ts'
import { type GlobalConfig, isWatching, type ProjectConfig, stacksOfRun } from './run-config.ts'

/** Jest's global tear-down. Between the cycles of watch mode the stacks stay up. */
export default async function teardown(globalConfig: GlobalConfig, projectConfig: ProjectConfig): Promise<void> {
  try {
    for (const stack of stacksOfRun(globalConfig, projectConfig)) {
      await runOwnHook('globalTeardown', teardown, stack, [globalConfig, projectConfig])
    }
  } finally {
    if (!isWatching(globalConfig)) await closeStacks()
  }
}
