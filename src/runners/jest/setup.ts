import { checkTeardown } from './check-hooks.ts'
import { forgetFailure, passOnFailure } from './failed-setup.ts'
import { runOwnHook } from './own-hooks.ts'
import { closeStacks, openStacks } from './run.ts'
import { type GlobalConfig, isWatching, type ProjectConfig, stacksOfRun } from './run-config.ts'

/**
 * Jest's global set-up: has the stacks up before tests load, and tells workers where to lease their lanes. A set-up of the
 * user's own that `withIsolane` found runs after it.
 */
export default async function setup(globalConfig: GlobalConfig, projectConfig: ProjectConfig): Promise<void> {
  forgetFailure()
  try {
    checkTeardown(globalConfig, projectConfig)
    const stacks = stacksOfRun(globalConfig, projectConfig)
    await openStacks(stacks, { workers: globalConfig.maxWorkers, watches: isWatching(globalConfig) })
    for (const stack of stacks) await runOwnHook('globalSetup', setup, stack, [globalConfig, projectConfig])
  } catch (error) {
    // Jest calls no tear-down after a set-up that failed.
    await closeStacks()
    if (!isWatching(globalConfig)) throw error
    passOnFailure(error)
  }
}
