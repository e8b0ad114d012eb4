import { readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { EnginePackage, EngineSpec } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'
import { defaultVersion, is44, javaFor, type Neo4jOptions, type Neo4jPlugin } from './options.ts'

/** Where a plugin comes from. Its versions follow Neo4j's, by number or by a list. */
interface Source {
  /** Maven's `group:artifact`s that it is made of, by the name under which each is kept. */
  readonly artifacts: Readonly<Record<string, string>>
  /** The plugin's versions that go with a version of Neo4j; `undefined` where we know of none. */
  versionFor(neo4j: string): string | undefined
}

const sources = {
  apoc: {
    artifacts: { apoc: 'org.neo4j.procedure:apoc-core', 'apoc-common': 'org.neo4j.procedure:apoc-common' },
    versionFor: (neo4j) => (is44(neo4j) ? undefined : neo4j.split('.').slice(0, 2).join('.')),
  },
  'graph-data-science': {
    artifacts: {
      'graph-data-science': 'org.neo4j.gds:proc',
      'graph-data-science-extension': 'org.neo4j.gds:opengds-extension',
    },
    versionFor: (neo4j) => (/^5\.26(\.|$)/.test(neo4j) ? '2.13' : undefined),
  },
} satisfies Readonly<Record<Neo4jPlugin, Source>>

/**
 * Named plugins, as packages that the native runtime provides. It says so where we know of none: the images may have one,
 * and a folder of jars always will do.
 */
export function pluginEngines({ plugins, version = defaultVersion }: Neo4jOptions): EngineSpec[] {
  if (plugins === undefined || typeof plugins === 'string') return []
  return plugins.flatMap((plugin) => {
    const source: Source = sources[plugin]
    const wanted = source.versionFor(version)
    return Object.entries(source.artifacts).map(([name, artifact]) => ({
      name,
      version: wanted ?? version,
      packages: wanted === undefined ? [] : [maven(artifact, wanted)],
      java: javaFor(version),
    }))
  })
}

function maven(name: string, version: string): EnginePackage {
  return { registry: 'maven', name, version, contents: { kind: 'jars' } }
}

/** How the host program is told of plugins. */
export interface PluginPlaces {
  /** Its `--plugins`: folders. */
  readonly list: readonly string[]
  /**
   * For the class path too, as Neo4j's own start script has it: some plugins extend the server, not only its procedures.
   * Behind all else, so that a class-data archive stays good.
   */
  readonly classPath: readonly string[]
}

/** The same inside a container. */
export interface ContainerPlugins extends PluginPlaces {
  /** What is to be copied into it. */
  readonly files: Readonly<Record<string, { readonly source: string; readonly mode: number }>>
  /** What tells the image which of its own to provide. */
  readonly environment: Readonly<Record<string, string>>
}

/** Where official images look for plugins, and put those that NEO4J_PLUGINS names. */
const imageFolder = '/var/lib/neo4j/plugins'

/** Where plugins lie for a host program that the native runtime runs. */
export function nativePlugins({ plugins }: Neo4jOptions, root: string): PluginPlaces {
  if (plugins === undefined) return inFolders([])
  if (typeof plugins === 'string') return inFolders([resolve(root, plugins)])
  const names = plugins.flatMap((plugin) => Object.keys(sources[plugin].artifacts))
  return inFolders(names.map((name) => `{engine.${name}}/lib`))
}

/** Named ones are the image's own affair: some lie in it, some it downloads. A folder's jars are copied in. */
export function containerPlugins({ plugins }: Neo4jOptions, root: string): ContainerPlugins {
  if (plugins === undefined || plugins.length === 0) return { ...inFolders([]), files: {}, environment: {} }
  const places = inFolders([imageFolder])
  if (typeof plugins !== 'string')
    return { ...places, files: {}, environment: { NEO4J_PLUGINS: JSON.stringify(plugins) } }
  const copied = pluginJars(resolve(root, plugins)).map(({ name, path }) => [
    `${imageFolder}/${name}`,
    { source: path, mode: 0o644 },
  ])
  return { ...places, files: Object.fromEntries(copied) as ContainerPlugins['files'], environment: {} }
}

function inFolders(folders: readonly string[]): PluginPlaces {
  return { list: folders, classPath: folders.map((folder) => `${folder}/*`) }
}

/** Plugins decide what migrations can do. Jars' sizes stand for their contents: GDS alone has 60 MB. */
export function pluginParts({ plugins }: Neo4jOptions, root: string): string[] {
  if (plugins === undefined) return []
  if (typeof plugins !== 'string') return [...plugins]
  return pluginJars(resolve(root, plugins)).map(({ name, path }) => `${name} ${statSync(path).size}`)
}

function pluginJars(folder: string): { name: string; path: string }[] {
  try {
    const jars = readdirSync(folder).filter((name) => name.endsWith('.jar'))
    return jars.sort().map((name) => ({ name, path: join(folder, name) }))
  } catch (error) {
    throw new IsolaneError({
      code: 'ISOLANE_OPTION_INVALID',
      message: `neo4j: the plugins folder ${folder} can't be read`,
      remedy: 'create it with the plugins’ jars in it, or correct the `plugins` option',
      cause: error,
    })
  }
}
