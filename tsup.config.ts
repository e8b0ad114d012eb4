import { defineConfig } from 'tsup'

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    cli: 'src/cli/index.ts',
    'contract-tests': 'src/contract-tests/index.ts',
    'sqlite-program': 'src/services/sqlite/program.ts',
    'vitest/index': 'src/runners/vitest/index.ts',
    'vitest/setup': 'src/runners/vitest/setup.ts',
    'vitest/lane': 'src/runners/vitest/lane.ts',
    'vitest/test': 'src/runners/vitest/test.ts',
  },
  format: 'esm',
  target: 'node22',
  splitting: true,
  clean: false,
  dts: true,
  external: ['vitest', 'isolane'],
  // `node:sqlite` goes by no other name.
  removeNodeProtocol: false,
})
