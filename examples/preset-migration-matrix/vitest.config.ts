import { isolane } from 'isolane/vitest'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [isolane()],
  test: { include: ['tests/**/*.test.ts'], setupFiles: ['tests/support/close.ts'] },
})
