import { isIsolaneError, messageOf } from '../core/errors.ts'
import type { OpenSnapshot } from '../snapshots/open-snapshot.ts'
import { compareSchemas, savedIn } from './compare.ts'
import { type OneLaneOptions, openOneLane } from './one-lane.ts'
import type { UpgradePlan } from './plan.ts'
import type { FreshTemplate } from './rehearsal.ts'
import type { RehearsalSnapshots } from './rehearsal-snapshots.ts'

/**
 * Whether migrations and seed work on the new versions from nothing, and make the schema that the upgraded data have.
 * @param upgraded absent where nothing came of the upgrade
 * @returns by service
 */
export async function tryFresh(
  { upgrades, after }: UpgradePlan,
  upgraded: OpenSnapshot | undefined,
  snapshots: RehearsalSnapshots,
  { runtimes, report, signal }: Omit<OneLaneOptions, 'config' | 'what'>,
): Promise<Readonly<Record<string, FreshTemplate>>> {
  const services = upgrades.map(({ service }) => service)
  try {
    await using lane = await openOneLane({ config: after, runtimes, what: 'isolane upgrade', report, signal })
    if (!upgraded) return Object.fromEntries(services.map((service) => [service, { schemaDifference: [] }]))
    const fresh = await snapshots.save(lane, 'fresh')
    const compared: [string, FreshTemplate][] = []
    for (const service of services) {
      const [left, right] = [savedIn(upgraded, service), savedIn(fresh, service)]
      const same = left && right ? await compareSchemas(after, service, left, right) : { schemaDifference: [] }
      compared.push([service, same])
    }
    await snapshots.remove(fresh)
    return Object.fromEntries(compared)
  } catch (error) {
    if (!isIsolaneError(error) || signal.aborted) throw error
    const failure = messageOf(error)
    return Object.fromEntries(services.map((service) => [service, { schemaDifference: [], failure }]))
  }
}
