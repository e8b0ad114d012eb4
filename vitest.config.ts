import { defineConfig } from 'vitest/config'
import { isCi } from './src/core/config-check.ts'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/**/fixtures/**', '**/node_modules/**'],
    testTimeout: 60_000,
    hookTimeout: 180_000,
    // How long something may take is a matter of the machine; that it comes is what is tested.
    expect: { poll: { timeout: 20_000, interval: 50 } },
    // Tests wait for servers more than they compute.
    maxWorkers: 3,
    // What a developer's own runs have on record is none of the tests' business; engines are shared with them.
    setupFiles: ['test/own-state-folder.ts'],
    // Tests choose their runtime and mode; `auto` would take Docker wherever it answers, and isolate on CI.
    env: { CI: '', ISOLANE_RUNTIME: 'native', ISOLANE_TEST_LONG: isCi() ? 'true' : '' },
  },
})
