import { defineConfig, type Options } from 'tsup'

const shared: Options = {
  target: 'node22',
  clean: false,
  // Public types mention `AsyncDisposable` and `AbortSignal`, and TypeScript 6 loads Node's types only when asked.
  dts: { banner: '/// <reference types="node" />' },
  external: ['vitest', '@jest/globals', 'isolane'],
  // `node:sqlite` goes by no other name.
  removeNodeProtocol: false,
}

const modules: Options = {
  ...shared,
  entry: {
    index: 'src/index.ts',
    cli: 'src/cli/index.ts',
    'contract-tests': 'src/contract-tests/index.ts',
    namespace: 'src/namespace/index.ts',
    'sqlite-program': 'src/services/sqlite/program.ts',
    'vitest/index': 'src/runners/vitest/index.ts',
    'vitest/setup': 'src/runners/vitest/setup.ts',
    'vitest/lane': 'src/runners/vitest/lane.ts',
    'vitest/test': 'src/runners/vitest/test.ts',
    'jest/setup': 'src/runners/jest/setup.ts',
    'jest/teardown': 'src/runners/jest/teardown.ts',
    'jest/worker': 'src/runners/jest/worker.ts',
  },
  format: 'esm',
  splitting: true,
}

/** What Jest loads in its configs and in its contexts, where there is only CommonJS; each file whole, as they map paths. */
const commonJs: Options = {
  ...shared,
  entry: {
    'jest/index': 'src/runners/jest/index.ts',
    'jest/preset': 'src/runners/jest/preset.ts',
    'jest/lane': 'src/runners/jest/lane.ts',
    'jest/each-test': 'src/runners/jest/each-test.ts',
    'jest/test': 'src/runners/jest/test.ts',
  },
  format: 'cjs',
  splitting: false,
  esbuildOptions(options) {
    // Jest's contexts can't `import()` unless Node is told so.
    options.supported = { ...options.supported, 'dynamic-import': false }
    // A set-up file is a function: `module.exports` itself.
    options.logOverride = { ...options.logOverride, 'commonjs-variable-in-esm': 'silent' }
  },
}

export default defineConfig([modules, commonJs])
