import { type RunRecord, readRuns } from '../../core/run.ts'
import { installation, isOwnerAlive, type Labels, labels } from './labels.ts'

/** Kind of the resources that stand for containers. */
export const containerKind = 'container'

/** Tells containers that a living process answers for from those that nobody does. */
export class Living {
  readonly dead: readonly RunRecord[]
  readonly #installation: string
  readonly #names: ReadonlySet<string>

  constructor(runsFolder: string) {
    this.#installation = installation(runsFolder)
    const runs = readRuns(runsFolder)
    this.dead = runs.filter(({ alive }) => !alive)
    const held = runs.filter(({ alive }) => alive).flatMap(({ resources }) => resources)
    // A kept container that was taken over carries the label of its first owner, but stands on its second one's record.
    this.#names = new Set(
      held.filter(({ resource }) => resource.kind === containerKind).map(({ resource }) => String(resource.name)),
    )
  }

  isOurs(found: Labels): boolean {
    return found[labels.installation] === this.#installation
  }

  /** Made by a process of this machine and state folder that is dead, and held by no other one. */
  isAbandoned(name: string, found: Labels): boolean {
    return this.isOurs(found) && !this.#names.has(name) && !isOwnerAlive(found)
  }
}
