import { fileURLToPath } from 'node:url'
import { IsolaneError } from '../../core/errors.ts'
import type { GlobalConfig, ProjectConfig } from './run-config.ts'

/** Without our tear-down Jest would never exit: nothing would end what the set-up starts. @throws ISOLANE_SETUP_MISSING */
export function checkTeardown(...configs: readonly [GlobalConfig, ProjectConfig]): void {
  const setup = fileURLToPath(import.meta.resolve('isolane/jest/setup'))
  const teardown = fileURLToPath(import.meta.resolve('isolane/jest/teardown'))
  // Whoever calls our set-up in theirs may call our tear-down in theirs.
  const replaced = configs.find((config) => config.globalSetup === setup && config.globalTeardown !== teardown)
  if (!replaced && configs.some(({ globalTeardown }) => globalTeardown)) return
  const own = replaced?.globalTeardown
  throw new IsolaneError({
    code: 'ISOLANE_SETUP_MISSING',
    message: `The Jest config has Isolane's globalSetup, but ${own ? `another globalTeardown (${own})` : 'no globalTeardown'}`,
    remedy: own
      ? 'wrap the config in `withIsolane` (isolane/jest), which runs both, in place of the preset'
      : "set globalTeardown: 'isolane/jest/teardown' too, or wrap the config in `withIsolane`",
  })
}
