import { existsSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import type { ResolvedConfig } from '../../core/config.ts'
import { stateFolder } from '../../core/folders.ts'
import type { StackStatus } from '../../core/stack.ts'
import { SnapshotStore } from '../../snapshots/store.ts'
import { sizeText } from '../snapshot/text.ts'

/** Of what there is, more than this being used is worth a word. */
const worthAWord = 0.8
/** Less than this being free on a disk is. */
const littleFree = 2_000_000_000

/** What may run out soon, a line for each, with what to do. Empty where nothing may. */
export async function warningLines(config: ResolvedConfig, stack: StackStatus): Promise<string> {
  return [...outdatedWarnings(stack), ...limitWarnings(stack), ...laneWarnings(stack), ...(await diskWarnings(config))]
    .map((text) => `Warning: ${text}`)
    .join('\n')
}

/** What of a changed config an environment does not have. */
function outdatedWarnings({ environments = [] }: StackStatus): string[] {
  return environments.flatMap(({ name, outdated }) =>
    Object.entries(outdated).map(([service, why]) => `${name} ${service} is as it was before: ${why}`),
  )
}

function limitWarnings({ services }: StackStatus): string[] {
  return services.flatMap(({ name, limits = [] }) =>
    limits
      .filter(({ used, limit }) => used >= limit * worthAWord)
      .map(({ what, used, limit, remedy }) => `${name} uses ${used} of ${limit} ${what}: ${remedy}`),
  )
}

function laneWarnings({ pool }: StackStatus): string[] {
  const taken = pool.lanes.filter(({ phase }) => phase === 'leased' || phase === 'kept').length
  if (pool.limit === 0 || taken < pool.limit * worthAWord) return []
  return [`${taken} of at most ${pool.limit} lanes are taken: raise \`lanes\` in the config, or end runs`]
}

async function diskWarnings(config: ResolvedConfig): Promise<string[]> {
  const folders = [stateFolder(), SnapshotStore.of(config).folder].filter((folder) => existsSync(folder))
  const texts = await Promise.all(
    folders.map(async (folder) => {
      const { bavail, bsize, blocks } = await statfs(folder)
      const free = bavail * bsize
      if (blocks === 0 || free >= littleFree) return []
      return [
        `the disk of ${folder} has ${sizeText(free)} free: free some; \`isolane snapshot prune\` removes old snapshots`,
      ]
    }),
  )
  return texts.flat()
}
