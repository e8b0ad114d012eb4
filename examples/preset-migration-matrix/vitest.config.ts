import { isolaneProjects } from 'isolane/vitest'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    setupFiles: ['tests/support/close.ts'],
    projects: await isolaneProjects({ root: import.meta.dirname }),
  },
})
