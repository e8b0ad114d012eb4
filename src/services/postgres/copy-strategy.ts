import type { Template } from '../../core/contracts.ts'
import type { CopyStrategy, Databases } from './databases.ts'
import { prefix } from './lane.ts'

/** What copying files has to lose by before another way is taken: a machine may be busy while we measure. */
const handicap = 1.25

/**
 * Which way of copying is the fastest depends on the template's size and on the file system: so it is timed, once for
 * each template that is kept. Others take what nearly always wins where nothing waits for disks.
 */
export async function fastestStrategy(
  databases: Databases,
  database: string,
  template: Template,
): Promise<CopyStrategy> {
  const candidates = [...databases.strategies]
  const usual = candidates[0] ?? 'default'
  if (!template.cacheable || candidates.length < 2) return usual
  const best = new Map<CopyStrategy, number>()
  for (let round = 0; round < 3; round += 1) {
    for (const strategy of candidates) {
      const took = await time(databases, database, template, strategy)
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
  database: string,
  template: Template,
  strategy: CopyStrategy,
): Promise<number> {
  const scratch = `${prefix}timing_${template.fingerprint.slice(0, 40)}`
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
