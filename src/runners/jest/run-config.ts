import { statSync } from 'node:fs'
import { dirname, isAbsolute, resolve } from 'node:path'
import type { StackConfig } from '../../core/config.ts'
import { findConfigFile } from '../../core/config-file.ts'
import { IsolaneError } from '../../core/errors.ts'
import { type OwnOptions, stackIdOf, type WrappedConfig, wrappedConfigs } from './wrapped.ts'

/** What is read of Jest's config of a run. */
export interface GlobalConfig {
  readonly rootDir: string
  readonly maxWorkers: number
  readonly watch: boolean
  readonly watchAll: boolean
  readonly globalSetup?: string | null
  readonly globalTeardown?: string | null
  /** Folders and config files, or configs as they stand in the root's. Empty where there is only one project. */
  readonly projects: readonly (string | InlineProject)[]
}

/** What is read of Jest's config of one project. */
export interface ProjectConfig {
  readonly rootDir: string
  readonly globals: object
  readonly globalSetup?: string | null
  readonly globalTeardown?: string | null
}

interface InlineProject {
  readonly rootDir?: string
  readonly globals?: object
}

/** In watch mode Jest runs the global hooks on every cycle. */
export function isWatching({ watch, watchAll }: GlobalConfig): boolean {
  return watch || watchAll
}

/** One stack that lanes of a run come from, and whose Jest config it is. */
export interface StackOfRun {
  readonly id: string
  /** Where the config is looked for, and where relative paths start. */
  readonly folder: string
  readonly stack: StackConfig | undefined
  /** Of the config, where it was wrapped. */
  readonly own: OwnOptions
}

interface Place {
  readonly folder: string
  /** Unknown for a project that is named by its path: Jest tells the set-up of one project only. */
  readonly id: string | undefined
}

/**
 * The stacks of all projects of a run.
 * @param projectConfig of the first project that has the set-up
 * @throws ISOLANE_CONFIG_INVALID when it can't be told which project's stack is which
 */
export function stacksOfRun(globalConfig: GlobalConfig, projectConfig: ProjectConfig): StackOfRun[] {
  const own = { id: stackIdOf(projectConfig), folder: projectConfig.rootDir }
  const places = globalConfig.projects.length > 0 ? placesOf(globalConfig) : [own]
  const byPath = places.filter(({ id }) => id === undefined)
  const named = places.flatMap(({ id }) => (id === undefined ? [] : [id]))
  const ids = [...new Set([own.id, ...named, ...(byPath.length > 0 ? idsByPath(own.folder) : [])])]
  const wrapped = wrappedConfigs()
  checkPaths(
    byPath,
    ids.map((id) => wrapped.get(id)),
  )
  return ids.map((id) => {
    const config = wrapped.get(id)
    const folders = places.filter((place) => place.id === id).map(({ folder }) => folder)
    const folder = rootOf(config) ?? (folders.length > 1 ? globalConfig.rootDir : folders[0])
    if (folder === undefined && id !== own.id && needsFolder(config)) throw ambiguous(places)
    return { id, folder: folder ?? own.folder, stack: config?.stack, own: config?.own ?? {} }
  })
}

/** All that projects which are named by their path may have: which of them run is unknown as well. */
function idsByPath(folder: string): string[] {
  const ofPreset = findConfigFile(folder) ? [''] : []
  return [...ofPreset, ...[...wrappedConfigs()].flatMap(([id, { isBase }]) => (isBase ? [] : [id]))]
}

function placesOf({ projects, rootDir }: GlobalConfig): Place[] {
  return projects.map((project) => {
    if (typeof project === 'string') {
      const path = resolve(rootDir, project)
      return { folder: statSync(path).isDirectory() ? path : dirname(path), id: undefined }
    }
    return {
      folder: resolve(rootDir, (project.rootDir ?? '.').replace('<rootDir>', rootDir)),
      id: stackIdOf(project),
    }
  })
}

/** Where projects that are named by their path have different stacks, each wrapped config has to say whose it is. */
function checkPaths(places: readonly Place[], wrapped: readonly (WrappedConfig | undefined)[]): void {
  const files = new Set(places.map(({ folder }) => findConfigFile(folder)))
  if (files.size < 2) return
  const claimed = new Set(wrapped.map(rootOf))
  if (places.some(({ folder }) => findConfigFile(folder) && !claimed.has(folder))) throw ambiguous(places)
}

function rootOf(config: WrappedConfig | undefined): string | undefined {
  const rootDir = config?.own.rootDir
  return rootDir !== undefined && isAbsolute(rootDir) ? resolve(rootDir) : undefined
}

/** Packages are found from any project's folder, paths are not. */
function needsFolder(config: WrappedConfig | undefined): boolean {
  const { preset, globalSetup, globalTeardown } = config?.own ?? {}
  return [preset, globalSetup, globalTeardown].some((path) => path && /^(\.|<rootDir>)/.test(path)) || !!config?.stack
}

function ambiguous(places: readonly Place[]): IsolaneError {
  const folders = places.map(({ folder }) => folder).join(', ')
  return new IsolaneError({
    code: 'ISOLANE_CONFIG_INVALID',
    message: `The Jest projects ${folders} have different stacks, and it can not be told which is whose`,
    remedy: 'in each of their Jest configs write `withIsolane({ rootDir: __dirname, … })` (or `import.meta.dirname`)',
  })
}
