import { defineConfig } from 'vitest/config'

/** The same suite as most projects run theirs: one database of each kind, put in order again before each file. */
export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    setupFiles: ['no-lanes/clean.ts', 'tests/support/close.ts'],
    testTimeout: 20_000,
  },
})
