/** How long a workload's databases take from nothing until the last worker has used its own, and what memory they hold. */
import type { Mode } from '../src/core/config.ts'
import { containersOf, megabytesOf } from './containers.ts'
import type { Workload } from './docker-workloads.ts'
import { leaseInDocker } from './leased.ts'
import { median } from './statistics.ts'

export interface Measured {
  readonly milliseconds: number
  readonly megabytes: number
}

/** A stack of ours, and a lane of it for each worker. */
export async function measureLanes({ services, use }: Workload, mode: Mode, workers: number): Promise<Measured> {
  const begun = performance.now()
  await using leased = await leaseInDocker(services, mode, workers)
  await Promise.all(leased.lanes.map(use))
  const milliseconds = performance.now() - begun
  return { milliseconds, megabytes: await megabytesOf(await containersOf(leased.root)) }
}

/** Containers for each worker, all started side by side. */
export async function measureContainers({ startAndUse }: Workload, workers: number): Promise<Measured> {
  const begun = performance.now()
  const settled = await Promise.allSettled(Array.from({ length: workers }, startAndUse))
  const milliseconds = performance.now() - begun
  const started = settled.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
  try {
    for (const result of settled) if (result.status === 'rejected') throw result.reason
    return { milliseconds, megabytes: await megabytesOf(started.map((container) => container.getId())) }
  } finally {
    await Promise.all(started.map((container) => container.stop()))
  }
}

export function middle(all: readonly Measured[]): Measured {
  return {
    milliseconds: median(all.map(({ milliseconds }) => milliseconds)),
    megabytes: median(all.map(({ megabytes }) => megabytes)),
  }
}
