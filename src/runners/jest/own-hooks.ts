import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { GlobalConfig, ProjectConfig, StackOfRun } from './run-config.ts'
import type { OwnOptions } from './wrapped.ts'

type Hook = (globalConfig: GlobalConfig, projectConfig: ProjectConfig) => Promise<void>

/**
 * Runs the global hook that a wrapped config has of its own, or through its preset. While our hook runs, Jest transforms
 * what is required (TypeScript, say) as the project's config says.
 */
export async function runOwnHook(
  kind: 'globalSetup' | 'globalTeardown',
  ours: Hook,
  { own, folder }: StackOfRun,
  configs: readonly [GlobalConfig, ProjectConfig],
): Promise<void> {
  const path = own[kind] === undefined && own.preset ? (await loadPreset(own.preset, folder))[kind] : own[kind]
  if (!path) return
  const hook = await load(resolveIn(folder, [path]))
  if (typeof hook !== 'function') throw new TypeError(`${kind} must export a function: ${path}`)
  // A preset of theirs may name ours.
  if (hook !== ours) await hook(...configs)
}

async function loadPreset(preset: string, folder: string): Promise<OwnOptions> {
  const extensions = ['', '.json', '.js', '.cjs', '.mjs']
  const paths = [`${preset}/jest-preset`, preset].flatMap((path) => extensions.map((extension) => path + extension))
  return (await load(resolveIn(folder, paths))) as OwnOptions
}

/** The file of the first of these that there is. @throws as `require` does, of the first of them */
function resolveIn(folder: string, paths: readonly string[]): string {
  const { resolve } = createRequire(join(folder, 'package.json'))
  const errors: unknown[] = []
  for (const path of paths) {
    try {
      return resolve(path.replace('<rootDir>', folder))
    } catch (error) {
      errors.push(error)
    }
  }
  throw errors[0]
}

/** As Jest does it: what can't be required is imported. */
async function load(file: string): Promise<unknown> {
  try {
    const loaded = createRequire(file)(file)
    return loaded?.__esModule ? loaded.default : loaded
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ERR_REQUIRE_ESM' && code !== 'ERR_REQUIRE_ASYNC_MODULE') throw error
    return ((await import(pathToFileURL(file).href)) as { default?: unknown }).default
  }
}
