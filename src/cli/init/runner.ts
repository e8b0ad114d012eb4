import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
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
  /** Configs by the names that scripts give them, where no file of the project goes by that name. */
  readonly unknown: readonly string[]
}

const oldest: Readonly<Record<RunnerName, readonly [major: number, minor: number]>> = { vitest: [3, 2], jest: [29, 0] }

const extensions: Readonly<Record<RunnerName, readonly string[]>> = {
  vitest: ['ts', 'mts', 'cts', 'js', 'mjs', 'cjs'],
  jest: ['ts', 'mts', 'cts', 'js', 'mjs', 'cjs', 'json'],
}

/** The runners that the project's scripts start, else those it depends on. */
export function findRunners(files: ProjectFiles, manifest: Manifest): Runner[] {
  const names = ['vitest', 'jest'] as const
  const started = names.filter((name) => callsOf(manifest, name).length > 0)
  const present = started.length > 0 ? started : names.filter((name) => name in manifest.dependencies)
  return present.map((name) => ({
    name,
    version: installedVersion(files.root, name) ?? /\d+(\.\d+)*/.exec(manifest.dependencies[name] ?? '')?.[0],
    ...configsOf(files, manifest, name),
  }))
}

export function isTooOld({ name, version }: Runner): boolean {
  if (version === undefined) return false
  const [major = 0, minor = Number.POSITIVE_INFINITY] = version.split('.').map(Number)
  const [oldestMajor, oldestMinor] = oldest[name]
  return major < oldestMajor || (major === oldestMajor && minor < oldestMinor)
}

/** A runner's start by a script. */
interface Call {
  /** Where the script has gone by then, seen from the project. */
  readonly folder: string
  /** What stands behind the runner's name: before it, options are somebody else's. */
  readonly args: readonly string[]
}

function callsOf(manifest: Manifest, name: RunnerName): Call[] {
  return Object.values(manifest.scripts).flatMap((script) => {
    let folder = '.'
    return segments(script).flatMap((segment) => {
      const [program, target] = words(segment)
      if (program === 'cd') folder = posix.join(folder, target ?? '')
      const start = callOf(segment, name)
      return start === undefined ? [] : [{ folder, args: words(segment.slice(start)) }]
    })
  })
}

/** Those that scripts name, and the one that the runner finds by itself if any script may leave it that. */
function configsOf(files: ProjectFiles, manifest: Manifest, runner: RunnerName): Pick<Runner, 'configs' | 'unknown'> {
  const calls = callsOf(manifest, runner)
  const named = calls.flatMap(({ folder, args }) => {
    const name = configArgument(args)
    return name === undefined ? [] : [{ name, file: posix.join(folder, name) }]
  })
  const found = named.filter(({ file }) => isInside(files, file))
  const lost = named.filter((candidate) => !found.includes(candidate))
  const usual = calls.length === 0 || found.length < calls.length ? usualConfig(files, runner) : undefined
  return {
    configs: [...new Set([...(usual ? [usual] : []), ...found.map(({ file }) => file)])],
    unknown: [...new Set(lost.map(({ name }) => name))],
  }
}

function isInside(files: ProjectFiles, file: string): boolean {
  return !posix.isAbsolute(file) && !file.startsWith('../') && files.has(file)
}

function configArgument(args: readonly string[]): string | undefined {
  const index = args.findIndex((word) => /^(-c|--config)(=|$)/.test(word))
  const word = args[index]
  if (word === undefined) return undefined
  return word.includes('=') ? word.slice(word.indexOf('=') + 1) : args[index + 1]
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
