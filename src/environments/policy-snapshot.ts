/** Finds the snapshot on the strength of which a protected environment may be wiped. */
import { isIsolaneError } from '../core/errors.ts'
import type { Manifest } from '../snapshots/manifest.ts'
import type { SnapshotStore } from '../snapshots/store.ts'
import { verifySnapshot } from '../snapshots/verify.ts'
import { freshMilliseconds } from './policy.ts'

export interface FreshSnapshot {
  readonly name: string
  /** In milliseconds. */
  readonly age: number
}

/**
 * The youngest snapshot of an environment that holds all its services and is found to be good now. Those that are too old
 * to count are not looked at.
 * @param stack the config's `name`
 * @param services of the environment, by the config's names
 */
export async function freshSnapshot(
  store: SnapshotStore,
  stack: string,
  environment: string,
  services: readonly string[],
  now = Date.now(),
): Promise<FreshSnapshot | undefined> {
  const ages = (await store.list()).flatMap(({ name, manifest }) =>
    manifest?.stack === stack && isWhole(manifest, environment, services)
      ? [{ name, age: now - Date.parse(manifest.createdAt) }]
      : [],
  )
  const young = ages
    .filter(({ age }) => age >= 0 && age < freshMilliseconds)
    .sort((left, right) => left.age - right.age)
  for (const each of young) if (await isGood(store, each.name)) return each
  return undefined
}

function isWhole({ lanes }: Manifest, environment: string, services: readonly string[]): boolean {
  const saved = lanes[environment]?.services ?? {}
  return services.every((service) => {
    const part = saved[service]
    return part !== undefined && 'files' in part
  })
}

async function isGood(store: SnapshotStore, name: string): Promise<boolean> {
  try {
    await using snapshot = await store.open(name)
    await verifySnapshot(snapshot)
    return true
  } catch (error) {
    if (isIsolaneError(error)) return false
    throw error
  }
}
