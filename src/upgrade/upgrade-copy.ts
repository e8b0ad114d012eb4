import { join } from 'node:path'
import type { ResolvedConfig } from '../core/config.ts'
import { isIsolaneError, messageOf } from '../core/errors.ts'
import type { ServiceStatus } from '../core/service-host.ts'
import { startingFrom } from '../core/start-state.ts'
import type { OpenSnapshot } from '../snapshots/open-snapshot.ts'
import { compareSnapshots } from './compare.ts'
import { migrate } from './migrate.ts'
import { type OneLane, openOneLane } from './one-lane.ts'
import type { PlannedUpgrade, UpgradePlan } from './plan.ts'
import { compareQueries } from './queries.ts'
import type { MigrationsRun, Rehearsal, RehearsedUpgrade } from './rehearsal.ts'
import type { RehearsalSnapshots } from './rehearsal-snapshots.ts'
import type { RehearseOptions } from './rehearse.ts'

/** Both sides, and what differs between them. */
export interface UpgradedCopy extends Pick<Rehearsal, 'upgrades' | 'failure' | 'others'> {
  readonly before: OpenSnapshot
  /** Absent where the upgrade failed. */
  readonly after?: OpenSnapshot
}

/**
 * Saves a lane of the old stack, has the new one begin with it, runs migrations there and saves that too.
 * @param config of the old stack, and what it begins with
 */
export async function upgradeCopy(
  options: RehearseOptions,
  config: ResolvedConfig,
  snapshots: RehearsalSnapshots,
): Promise<UpgradedCopy> {
  const { plan, queries, signal } = options
  await using old = await openOneLane({ ...options, config, what: 'isolane upgrade' })
  const before = await snapshots.save(old, 'before')
  const opened = await openUpgraded(options, before)
  if ('failure' in opened) {
    const { failure } = opened
    return { before, failure, others: [], upgrades: plan.upgrades.map((each) => rehearsed(each, old)) }
  }
  await using current = opened
  const migrations = await migrateAll(options, current)
  const after = await snapshots.save(current, 'after')
  const { data, changes } = await compareSnapshots(config, before, after)
  const compared = await compareQueries({ config, files: queries, before: old.lane, after: current.lane, signal })
  const upgraded = plan.upgrades.map(({ service }) => service)
  return {
    before,
    after,
    others: changes.filter(({ service, unsaved }) => !upgraded.includes(service) && !unsaved),
    upgrades: plan.upgrades.map((each) => ({
      ...rehearsed(each, old, current),
      migrations: migrations[each.service] ?? none,
      ...(data[each.service] ? { data: data[each.service] } : {}),
      queries: compared[each.service] ?? [],
    })),
  }
}

const none: MigrationsRun = { ran: [], milliseconds: 0, failures: [] }

/** What data do to an upgrade. All else is no matter of the data, such as an engine that can't be had. */
const findings = ['ISOLANE_UPGRADE_FAILED', 'ISOLANE_RESTORE_FAILED', 'ISOLANE_SNAPSHOT_REFUSED'] as const

async function openUpgraded(options: RehearseOptions, before: OpenSnapshot): Promise<OneLane | { failure: string }> {
  try {
    return await openOneLane({ ...options, config: upgradedFrom(options.plan, before), what: 'isolane upgrade' })
  } catch (error) {
    if (!isIsolaneError(error, ...findings) || options.signal.aborted) throw error
    return { failure: messageOf(error) }
  }
}

/** The new stack, which begins with what was saved of the old one. */
function upgradedFrom({ upgrades, after }: UpgradePlan, { folder, manifest }: OpenSnapshot): ResolvedConfig {
  const [[lane, { services }] = ['', { services: {} }]] = Object.entries(manifest.lanes)
  const config = startingFrom(after, join(folder, lane), services)
  const ways = upgrades.flatMap(({ service, way }) => {
    const start = config.start[service]
    return start ? [[service, { ...start, way: way.name }] as const] : []
  })
  return { ...config, start: { ...config.start, ...Object.fromEntries(ways) } }
}

async function migrateAll(
  { plan, migrations, from, report, signal }: RehearseOptions,
  { lane }: OneLane,
): Promise<Readonly<Record<string, MigrationsRun>>> {
  const ran: Record<string, MigrationsRun> = {}
  for (const { service } of plan.upgrades) {
    const files = migrations.filter((each) => each.service === service).flatMap((each) => each.files)
    const fromTemplate = from.snapshot === undefined
    ran[service] = await migrate({ config: plan.after, service, lane, files, fromTemplate, report, signal })
  }
  return ran
}

function rehearsed(
  { service, kind, from, to, way }: PlannedUpgrade,
  old: OneLane,
  current?: OneLane,
): RehearsedUpgrade {
  const [was, is] = [old, current].map((lane) => lane?.services.find(({ name }) => name === service))
  return {
    service,
    kind,
    from: exactly(was) ?? from,
    to: exactly(is) ?? to,
    way: way.name,
    warnings: way.warnings,
    ...(is ? { milliseconds: is.startMilliseconds + is.prepareMilliseconds } : {}),
    migrations: none,
    queries: [],
  }
}

/** `18.4`, `valkey 9.1.2`. */
function exactly(status: ServiceStatus | undefined): string | undefined {
  if (!status) return undefined
  const { kind, product, version } = status
  return product === kind ? version : `${product} ${version}`
}
