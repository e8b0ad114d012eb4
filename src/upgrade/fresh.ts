import type { ResolvedConfig } from '../core/config.ts'
import type { ServiceDefinition } from '../core/contracts.ts'
import { isIsolaneError, messageOf } from '../core/errors.ts'
import type { OpenSnapshot } from '../snapshots/open-snapshot.ts'
import { compareSchemas, savedIn } from './compare.ts'
import { type OneLaneOptions, openOneLane } from './one-lane.ts'
import type { UpgradePlan } from './plan.ts'
import type { FreshTemplate } from './rehearsal.ts'
import type { RehearsalSnapshots } from './rehearsal-snapshots.ts'

type FreshOptions = Omit<OneLaneOptions, 'config' | 'what'>

/** What migrations and seed do wrong. All else is no matter of theirs, such as an engine that can't be had. */
const findings = ['ISOLANE_MIGRATION_FAILED', 'ISOLANE_SEED_FAILED', 'ISOLANE_TEMPLATE_FAILED'] as const

/**
 * Whether migrations and seed work on the new versions from nothing, and make the schema that the upgraded data have. Each
 * service is tried alone, so that what fails is told of it and of no other.
 * @param upgraded absent where nothing came of the upgrade
 * @returns by service, of those that have migrations or a seed
 */
export async function tryFresh(
  { upgrades, after }: UpgradePlan,
  upgraded: OpenSnapshot | undefined,
  snapshots: RehearsalSnapshots,
  options: FreshOptions,
): Promise<Readonly<Record<string, FreshTemplate>>> {
  const tried: Record<string, FreshTemplate> = {}
  for (const { service } of upgrades) {
    const definition = after.services[service]
    if (!definition || !hasSteps(definition)) continue
    const config = { ...after, services: { [service]: definition } }
    tried[service] = await tryService(config, service, upgraded, snapshots, options)
  }
  return tried
}

async function tryService(
  config: ResolvedConfig,
  service: string,
  upgraded: OpenSnapshot | undefined,
  snapshots: RehearsalSnapshots,
  { runtimes, report, signal }: FreshOptions,
): Promise<FreshTemplate> {
  try {
    await using lane = await openOneLane({ config, runtimes, what: 'isolane upgrade', report, signal })
    const left = upgraded && savedIn(upgraded, service)
    if (!left) return { schemaDifference: [] }
    const fresh = await snapshots.save(lane, 'fresh')
    const right = savedIn(fresh, service)
    const compared = right ? await compareSchemas(config, service, left, right) : { schemaDifference: [] }
    await snapshots.remove(fresh)
    return compared
  } catch (error) {
    if (!isIsolaneError(error, ...findings) || signal.aborted) throw error
    return { schemaDifference: [], failure: messageOf(error) }
  }
}

function hasSteps({ options: { migrations, seed } }: ServiceDefinition): boolean {
  return migrations !== undefined || seed !== undefined
}
