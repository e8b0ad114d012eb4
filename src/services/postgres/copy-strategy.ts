import type { Template } from '../../core/contracts.ts'
import type { Databases } from './databases.ts'
import type { CopyStrategy } from './marker.ts'
import type { Server } from './server.ts'

/** What copying files has to lose by before another way is taken: a machine may be busy while we measure. */
const handicap = 1.25

/**
 * Which way of copying is the fastest depends on the template's size and on the file system: so it is timed, once for
 * each template that is kept. Others take what nearly always wins where nothing waits for disks, and does best where they
 * are full: what was copied as files needs no more room later.
 */
export async function fastestStrategy(
  databases: Databases,
  server: Server,
  database: string,
  template: Template,
): Promise<CopyStrategy> {
  const candidates = [...server.strategies]
  const usual = candidates[0] ?? 'default'
  if (!template.cacheable || candidates.length < 2) return usual
  const best = new Map<CopyStrategy, number>()
  for (let round = 0; round < 3; round += 1) {
    for (const strategy of candidates) {
      const took = await time(databases, server.names.timing(template), database, template, strategy)
      best.set(strategy, Math.min(took, best.get(strategy) ?? Number.POSITIVE_INFINITY))
    }
  }
  const [fastest] = candidates.toSorted((left, right) => (best.get(left) ?? 0) - (best.get(right) ?? 0))
  const wins = (best.get(fastest ?? usual) ?? 0) * handicap < (best.get(usual) ?? 0)
  return wins && fastest ? fastest : usual
}

/** Infinite where the server or the file system can not. */
async function time(
  databases: Databases,
  scratch: string,
  database: string,
  template: Template,
  strategy: CopyStrategy,
): Promise<number> {
  await databases.discard(scratch)
  const began = performance.now()
  try {
    await databases.create(scratch, database, strategy, { isolane: 'building', fingerprint: template.fingerprint })
  } catch (error) {
    if (strategy === 'clone') return Number.POSITIVE_INFINITY
    throw error
  }
  const took = performance.now() - began
  await databases.discard(scratch)
  return took
}
