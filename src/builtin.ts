/** Puts Isolane's own parts together: the only place where runtimes and services are known by name. */
import { presets } from '../presets/index.ts'
import type { ResolvedConfig, StackConfig, Versions } from './core/config.ts'
import { resolveConfig } from './core/config-check.ts'
import { loadConfig } from './core/config-file.ts'
import type { ServiceDefinition } from './core/contracts.ts'
import { withPresets } from './core/presets.ts'
import type { Runtimes } from './core/runtime-choice.ts'
import { versionsInEnvironment, withVersions } from './core/versions.ts'
import type { ToolContainer, ToolContext } from './runtimes/docker/tool-container.ts'
import { parseChosenLane } from './snapshots/chosen-lane.ts'
import { requireSide } from './upgrade/sides/find.ts'
import { readSides, type Sides, sidesKey } from './upgrade/sides/record.ts'

/** In the order in which `auto` tries them. */
export const runtimes: Runtimes = {
  docker: {
    auto: true,
    create: async (context) => (await import('./runtimes/docker/index.ts')).createDockerRuntime(context),
  },
  native: {
    auto: true,
    create: async (context) => (await import('./runtimes/native/index.ts')).createNativeRuntime(context),
    programs: async (engine, context, signal) => {
      const { installEngine } = await import('./runtimes/native/index.ts')
      return (await installEngine(engine, { ...context, signal })).programsFolder
    },
  },
  attach: {
    auto: false,
    create: async () => (await import('./runtimes/attach/index.ts')).createAttachRuntime(),
  },
  folder: {
    auto: false,
    create: async (context) => (await import('./runtimes/folder/index.ts')).createFolderRuntime(context),
  },
}

/** See `runtimes/docker/tool-container.ts`. */
export async function runToolContainer(tool: ToolContainer, context: ToolContext): Promise<void> {
  const { runToolContainer: run } = await import('./runtimes/docker/tool-container.ts')
  await run(tool, context)
}

/**
 * A project's config with its presets, defaults and overrides. `ISOLANE_VERSIONS` (`postgres=16,redis=valkey@9`) makes it a
 * stack of its own with other versions, and with `ISOLANE_FROM_SNAPSHOT` (`orders`, a path, `orders#lane-1`) lanes begin with a snapshot.
 * Where there are a blue and a green side, it is that of the active one unless `ISOLANE_VERSIONS` is set.
 * @param inline takes the place of the config file that `folder`, or the nearest one above it, has
 * @param chosen takes the place of both ways to choose versions
 * @throws ISOLANE_CONFIG_NOT_FOUND, ISOLANE_CONFIG_UNREADABLE, ISOLANE_CONFIG_INVALID, ISOLANE_OPTION_INVALID,
 * ISOLANE_VERSION_UNSUPPORTED, ISOLANE_SNAPSHOT_NOT_FOUND, ISOLANE_SNAPSHOT_DAMAGED, ISOLANE_STACK_NOT_UP
 */
export async function configOf(folder: string, inline?: StackConfig, chosen?: Versions): Promise<ResolvedConfig> {
  const own = await ownConfigOf(folder, inline)
  return chosenConfig(own, inline || chosen ? undefined : sidesOf(own), chosen)
}

/** What {@link configOf} makes of what {@link ownConfigOf} gives. */
export async function chosenConfig(
  own: ResolvedConfig,
  sides: Sides | undefined,
  chosen?: Versions,
): Promise<ResolvedConfig> {
  const { ISOLANE_FROM_SNAPSHOT: snapshot } = process.env
  if (sides) requireSide(sides, sides.active)
  const named = versionsInEnvironment() ?? sides?.[sides.active].versions
  const wanted = chosen ?? named
  const resolved = wanted ? withVersions(own, wanted) : own
  const start = snapshot ? parseChosenLane(snapshot) : sides?.snapshot
  if (!start) return resolved
  const { fromSnapshot } = await import('./from-snapshot.ts')
  return fromSnapshot({ ...resolved, environments: {} }, start)
}

/**
 * The same as the config file has it, whatever versions the environment or `isolane switch` have chosen.
 * @throws ISOLANE_CONFIG_NOT_FOUND, ISOLANE_CONFIG_UNREADABLE, ISOLANE_CONFIG_INVALID, ISOLANE_OPTION_INVALID
 */
export async function ownConfigOf(folder: string, inline?: StackConfig): Promise<ResolvedConfig> {
  const { config, root } = inline ? { config: inline, root: folder } : await loadConfig(folder)
  return resolveConfig(withPresets(config, presets), root)
}

/** The sides that `isolane exec` and runs choose from. None where the environment names the versions. */
export function sidesOf(own: ResolvedConfig): Sides | undefined {
  return process.env.ISOLANE_VERSIONS ? undefined : readSides(sidesKey(own))
}

/** An engine that `isolane install NAME[@VERSION]` provides. */
export interface KnownEngine {
  /** The kind of service it serves. */
  readonly kind: string
  /** For people: what may stand behind the `@`. */
  readonly versions: string
  /** A service that runs on it. @throws ISOLANE_OPTION_INVALID for a version there is not. */
  define(version: string | undefined): Promise<ServiceDefinition>
}

export const engines: Readonly<Record<string, KnownEngine>> = {
  postgres: {
    kind: 'postgres',
    versions: '13 to 18',
    define: async (version) => {
      const { postgres } = await import('./services/postgres/index.ts')
      return postgres(versioned(version))
    },
  },
  valkey: {
    kind: 'redis',
    versions: '9',
    define: async (version) => {
      const { redis } = await import('./services/redis/index.ts')
      return redis({ version: version === undefined ? 'valkey' : `valkey@${version}` })
    },
  },
  redis: {
    kind: 'redis',
    versions: '6.2 to 8; 6.2 and 7.0 can be provided',
    define: async (version) => {
      const { redis } = await import('./services/redis/index.ts')
      return redis({ version: version === undefined ? 'redis' : `redis@${version}` })
    },
  },
  neo4j: {
    kind: 'neo4j',
    versions: '5.26, 2025, 2026',
    define: async (version) => {
      const { neo4j } = await import('./services/neo4j/index.ts')
      return neo4j(versioned(version))
    },
  },
}

/** The npm packages through which the services talk to their servers, by kind. */
export const clients: Readonly<Record<string, string>> = { postgres: 'pg', redis: 'ioredis', neo4j: 'neo4j-driver' }

/** What `isolane install` and `isolane doctor` ask the native runtime. */
export async function nativeTools() {
  const [runtime, { fittingEngines, platform }, { canReach, serverUser }, { portHolder }] = await Promise.all([
    import('./runtimes/native/index.ts'),
    import('./runtimes/native/engines/provided.ts'),
    import('./runtimes/native/user.ts'),
    import('./core/port-holder.ts'),
  ])
  return { ...runtime, fittingEngines, platform, canReach, serverUser, portHolder }
}

/** What `isolane doctor` asks the docker runtime. */
export async function dockerTools() {
  return import('./runtimes/docker/index.ts')
}

/** Which versions there are is checked by the service itself. */
function versioned(version: string | undefined): { version?: never } {
  return version === undefined ? {} : ({ version } as { version: string } as { version: never })
}
