import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/**/fixtures/**', 'node_modules/**'],
    testTimeout: 60_000,
    hookTimeout: 180_000,
    // How long something may take is a matter of the machine; that it comes is what is tested.
    expect: { poll: { timeout: 20_000, interval: 50 } },
    // Tests wait for servers more than they compute.
    maxWorkers: 2,
    // What a developer's own runs have on record is none of the tests' business; engines are shared with them.
    setupFiles: ['test/own-state-folder.ts'],
    // Tests choose their runtime; `auto` would take Docker wherever it answers.
    env: { CI: '', ISOLANE_RUNTIME: 'native' },
  },
})
