import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Manifest } from './manifest.ts'
import type { ProjectFiles } from './project-files.ts'
import { callOf, segments, words } from './scripts.ts'

export type RunnerName = 'vitest' | 'jest'

export interface Runner {
  readonly name: RunnerName
  /** The installed version, else the lowest that `package.json` allows. */
  readonly version: string | undefined
  /** Config files by their names in the project. None: there is none yet. */
  readonly configs: readonly string[]
}

const oldest: Readonly<Record<RunnerName, readonly [major: number, minor: number]>> = { vitest: [3, 2], jest: [29, 0] }

const extensions: Readonly<Record<RunnerName, readonly string[]>> = {
  vitest: ['ts', 'mts', 'cts', 'js', 'mjs', 'cjs'],
  jest: ['ts', 'mts', 'cts', 'js', 'mjs', 'cjs', 'json'],
}

/** The runners that the project's scripts start, else those it depends on. */
export function findRunners(files: ProjectFiles, manifest: Manifest): Runner[] {
  const names = ['vitest', 'jest'] as const
  const started = names.filter((name) => scriptsWith(manifest, name).length > 0)
  const present = started.length > 0 ? started : names.filter((name) => name in manifest.dependencies)
  return present.map((name) => ({
    name,
    version: installedVersion(files.root, name) ?? /\d+(\.\d+)*/.exec(manifest.dependencies[name] ?? '')?.[0],
    configs: configsOf(files, manifest, name),
  }))
}

export function isTooOld({ name, version }: Runner): boolean {
  if (version === undefined) return false
  const [major = 0, minor = Number.POSITIVE_INFINITY] = version.split('.').map(Number)
  const [oldestMajor, oldestMinor] = oldest[name]
  return major < oldestMajor || (major === oldestMajor && minor < oldestMinor)
}

/** The words of every call of the runner in a script. */
function scriptsWith(manifest: Manifest, name: RunnerName): string[][] {
  return Object.values(manifest.scripts)
    .flatMap(segments)
    .filter((segment) => callOf(segment, name) !== undefined)
    .map(words)
}

/** Those that scripts name, and the one that the runner finds by itself if any script leaves it that. */
function configsOf(files: ProjectFiles, manifest: Manifest, name: RunnerName): string[] {
  const calls = scriptsWith(manifest, name)
  const named = calls.map(configArgument)
  const found = new Set(named.filter((file) => file !== undefined).filter((file) => files.has(file)))
  const usual = named.length === 0 || named.includes(undefined) ? usualConfig(files, name) : undefined
  return [...(usual ? [usual] : []), ...found]
}

function configArgument(line: readonly string[]): string | undefined {
  const index = line.findIndex((word) => /^(-c|--config)(=|$)/.test(word))
  if (index < 0) return undefined
  const value = line[index]?.includes('=') ? line[index]?.slice(line[index].indexOf('=') + 1) : line[index + 1]
  return value?.replace(/^\.\//, '')
}

function usualConfig(files: ProjectFiles, name: RunnerName): string | undefined {
  const own = files.first(extensions[name].map((extension) => `${name}.config.${extension}`))
  if (own) return own
  if (name === 'vitest') return files.first(extensions.vitest.map((extension) => `vite.config.${extension}`))
  return 'jest' in (JSON.parse(files.read('package.json') ?? '{}') as object) ? 'package.json' : undefined
}

function installedVersion(root: string, name: RunnerName): string | undefined {
  for (let folder = root; ; folder = dirname(folder)) {
    const file = join(folder, 'node_modules', name, 'package.json')
    if (existsSync(file)) return (JSON.parse(readFileSync(file, 'utf8')) as { version?: string }).version
    if (dirname(folder) === folder) return undefined
  }
}
