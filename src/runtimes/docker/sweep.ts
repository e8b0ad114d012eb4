import { dirname } from 'node:path'
import type { RuntimeContext, SweepOptions, Swept } from '../../core/contracts.ts'
import type { Resource } from '../../core/run.ts'
import { type Engine, findEngine } from './engine.ts'
import { engineReason } from './errors.ts'
import { isExpired, type Labels, labels } from './labels.ts'
import { containerKind, Living } from './living.ts'
import { endContainer, removeContainer } from './remove.ts'

interface Recorded {
  readonly resource: Resource
  release(): void
}

/** Removes containers of dead runs, with their anonymous volumes. Safe side by side. */
export async function sweep(context: RuntimeContext, options: SweepOptions): Promise<readonly Swept[]> {
  const living = new Living(dirname(context.run.folder))
  const recorded = living.dead.flatMap(({ resources }) =>
    resources.filter(({ resource }) => resource.kind === containerKind && resource.runtime === 'docker'),
  )
  const found = await findEngine()
  if ('closed' in found) return recorded.map(({ resource }) => left(resource, found.closed.reason))
  const swept = await sweepContainers(found.engine, living, options)
  const elsewhere = options.dry ? [] : await settleRecords(found.engine, recorded)
  if (!options.dry) for (const run of living.dead) run.forget()
  return [...swept, ...elsewhere]
}

async function sweepContainers(engine: Engine, living: Living, options: SweepOptions): Promise<Swept[]> {
  const filters = JSON.stringify({ label: [labels.installation] })
  const containers = await engine.api.listContainers({ all: true, filters })
  const abandoned = containers.filter(({ Names, Labels }) =>
    isForUs(living, Names[0]?.slice(1) ?? '', Labels, options.kept ?? false),
  )
  return Promise.all(
    abandoned.map(async ({ Id, Names, Labels }): Promise<Swept> => {
      const what = `container ${Names[0]?.slice(1)} (${Labels[labels.service]} of ${Labels[labels.project]})`
      if (options.dry) return { kind: containerKind, what, removed: false }
      try {
        await (Labels[labels.kept] === undefined ? removeContainer : endContainer)(engine.api.getContainer(Id))
        return { kind: containerKind, what, removed: true }
      } catch (error) {
        return { kind: containerKind, what, removed: false, reason: engineReason(error) }
      }
    }),
  )
}

/** A kept one stays for whoever starts its stack again, unless asked for; other machines' ones until their time is up. */
function isForUs(living: Living, name: string, found: Labels, kept: boolean): boolean {
  if (living.isAbandoned(name, found)) return kept || found[labels.kept] === undefined
  return !living.isOurs(found) && isExpired(found)
}

/** Forgets records whose containers are gone; tells of those that this engine does not know because they are on another. */
async function settleRecords(engine: Engine, recorded: readonly Recorded[]): Promise<Swept[]> {
  if (recorded.length === 0) return []
  const there = await engine.api.listContainers({
    all: true,
    filters: JSON.stringify({ label: [labels.installation] }),
  })
  const names = new Set(there.flatMap(({ Names }) => Names.map((name) => name.slice(1))))
  return recorded.flatMap(({ resource, release }) => {
    const { address, id } = resource.engine as { address: string; id: string }
    if (address !== engine.address && id !== engine.id) {
      return [left(resource, `it is on the engine at ${address}; set DOCKER_HOST to that and run \`isolane gc\``)]
    }
    if (!names.has(String(resource.name))) release()
    return []
  })
}

function left({ kind, what }: Resource, reason: string): Swept {
  return { kind, what, removed: false, reason }
}
