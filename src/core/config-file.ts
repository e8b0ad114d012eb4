import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { types } from 'node:util'
import type { StackConfig } from './config.ts'
import { IsolaneError, isIsolaneError, messageOf } from './errors.ts'

const names = ['ts', 'mts', 'js', 'mjs', 'cts', 'cjs'].map((extension) => `isolane.config.${extension}`)

/** The config file of a folder or of the nearest folder above it that has one. */
export function findConfigFile(folder: string): string | undefined {
  for (let current = resolve(folder); ; current = dirname(current)) {
    const found = names.map((name) => join(current, name)).find((file) => existsSync(file))
    if (found) return found
    if (dirname(current) === current) return undefined
  }
}

export interface LoadedConfig {
  readonly config: StackConfig
  /** The config file's folder. */
  readonly root: string
}

/**
 * Loads `isolane.config.*`, TypeScript included.
 * @throws ISOLANE_CONFIG_NOT_FOUND, ISOLANE_CONFIG_UNREADABLE, ISOLANE_CONFIG_INVALID.
 */
export async function loadConfig(folder: string, file = findConfigFile(folder)): Promise<LoadedConfig> {
  if (file === undefined || !existsSync(file)) {
    throw new IsolaneError({
      code: 'ISOLANE_CONFIG_NOT_FOUND',
      message: file ? `There is no config file ${file}` : `There is no isolane.config.ts in ${folder} or above it`,
      remedy:
        'create one by `npx isolane init`, or with `export default defineStack({ services: { postgres: postgres() } })`',
    })
  }
  const config = await importConfig(file)
  if (typeof config !== 'object' || config === null) {
    throw new IsolaneError({
      code: 'ISOLANE_CONFIG_INVALID',
      message: `${file} has no default export that is a config`,
      remedy: 'write `export default defineStack({ services: { … } })`',
    })
  }
  return { config: config as StackConfig, root: dirname(file) }
}

/**
 * Without a default export, jiti gives the module itself. Where a hook has made CommonJS of an ES module, as Jest's
 * transforms do while its global set-up runs, the default export is one level down.
 */
function defaultOf(loaded: unknown): unknown {
  if (types.isModuleNamespaceObject(loaded)) return undefined
  const { __esModule, default: nested } = (loaded ?? {}) as {
    readonly __esModule?: unknown
    readonly default?: unknown
  }
  return __esModule ? nested : loaded
}

/** The stack without the frames of Node, of ours and of whatever loads the file. */
function ownFrames(stack: string, folder: string): string {
  return stack
    .split('\n')
    .filter((line) => !/^\s+at /.test(line) || (line.includes(folder) && !/node:|node_modules/.test(line)))
    .slice(0, 8)
    .join('\n')
}

async function importConfig(file: string): Promise<unknown> {
  try {
    const { createJiti } = await import('jiti')
    // Node's own type stripping first: it is quicker, and shares module instances with the rest of the process.
    const loaded: unknown = await createJiti(import.meta.url, { tryNative: true }).import(file, { default: true })
    return defaultOf(loaded)
  } catch (error) {
    if (isIsolaneError(error)) throw error
    throw new IsolaneError({
      code: 'ISOLANE_CONFIG_UNREADABLE',
      message: `${file} could not be loaded: ${messageOf(error).split('\n')[0]}`,
      remedy: 'correct the file; the cause below says where',
      output: error instanceof Error ? ownFrames(error.stack ?? '', dirname(file)) : '',
      cause: error,
    })
  }
}
