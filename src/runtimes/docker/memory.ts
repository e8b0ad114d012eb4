import type { Container } from './testcontainers.ts'

/** What the kernel could take back at once counts as nobody's, as in `docker stats`; by the names of cgroups 2 and 1. */
const caches = ['inactive_file', 'total_inactive_file'] as const

/** Bytes that a container takes now; `undefined` where its engine does not tell. */
export async function memoryOf(container: Container): Promise<number | undefined> {
  try {
    const { memory_stats: memory } = await container.stats({ stream: false, 'one-shot': true })
    const details: Readonly<Record<string, number | undefined>> = { ...memory.stats }
    const cache = caches.map((name) => details[name]).find((bytes) => bytes !== undefined) ?? 0
    // Engines that don't know leave it out, whatever the type says.
    return memory.usage === undefined ? undefined : memory.usage - cache
  } catch {
    return undefined
  }
}
