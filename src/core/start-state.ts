import { join } from 'node:path'
import type { ResolvedConfig } from './config.ts'
import type { SavedStart, ServiceContext, ServiceDefinition, Template } from './contracts.ts'
import { fingerprint } from './fingerprint.ts'
import type { SavedLane, SavedService } from './lane-states.ts'
import { StateFolderReader } from './state-files.ts'
import { fingerprintStep, type Step } from './template-steps.ts'

/** What one service's lanes begin with, on disk. */
export interface ServiceStart {
  /** Holds the service's files. */
  readonly folder: string
  readonly saved: Extract<SavedService, { readonly files: unknown }>
  readonly way?: string
  /** Run on it. */
  readonly migrations?: Step
}

/**
 * The same config with lanes that begin with what was saved. Services of which nothing was keep their migrations and seed.
 * @param folder the saved lane's
 */
export function startingFrom(config: ResolvedConfig, folder: string, saved: SavedLane): ResolvedConfig {
  const start = Object.keys(config.services).flatMap((name) => {
    const service = saved[name]
    return service && 'files' in service ? [[name, { folder: join(folder, name), saved: service }] as const] : []
  })
  return { ...config, start: Object.fromEntries(start) }
}

/** What a service's lanes begin with, named: the state that it starts from, or what its migrations and seed make. */
export async function templateOf(
  definition: ServiceDefinition,
  context: ServiceContext,
  start: ServiceStart | undefined,
): Promise<Template> {
  const usual = await definition.service.template(definition.options, context)
  if (!start) return usual
  const { saved, way = '', migrations } = start
  const step = await fingerprintStep(migrations, 'migrations', context.root)
  // Without the service's own fingerprint the versions and settings that decide would be missing.
  const parts = [usual.fingerprint, JSON.stringify(saved), way, step.fingerprint]
  return { fingerprint: fingerprint('start', ...parts), cacheable: false }
}

export function savedStart({ folder, saved, way, migrations }: ServiceStart): SavedStart {
  return {
    files: new StateFolderReader(folder, saved.files),
    saved: saved.state,
    ...(way === undefined ? {} : { way }),
    ...(migrations === undefined ? {} : { migrations }),
  }
}
