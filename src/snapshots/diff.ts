import { join } from 'node:path'
import type { StateSummary } from '../core/contracts.ts'
import type { SavedService } from '../core/lane-states.ts'
import { changesBetween, contentsFile, type GroupChanges } from '../core/state-contents.ts'
import { StateFolderReader } from '../core/state-files.ts'
import { canonicalJson } from './canonical-json.ts'
import type { OpenSnapshot } from './open-snapshot.ts'

/** What differs between two snapshots in one service of one lane. */
export interface ServiceChanges {
  readonly lane: string
  readonly service: string
  readonly kind: string
  /** Only one of the two has it. */
  readonly only?: 'before' | 'after'
  /** Tables, indexes, constraints differ. */
  readonly schemaChanged: boolean
  /** By group; those that do not differ are left out. */
  readonly changes: readonly GroupChanges[]
  /** The contents are not listed: what was added and removed is told by the counts alone. */
  readonly countsOnly: boolean
}

/**
 * What has changed from one snapshot to another, by lane and service; what has not is left out. Where each has one lane
 * those are compared, else lanes of the same name.
 * @throws ISOLANE_SNAPSHOT_DAMAGED
 */
export async function diffSnapshots(before: OpenSnapshot, after: OpenSnapshot): Promise<readonly ServiceChanges[]> {
  const changes: ServiceChanges[] = []
  for (const { lane, left, right } of pairs(before, after)) {
    const services = [...new Set([...Object.keys(left?.services ?? {}), ...Object.keys(right?.services ?? {})])]
    for (const service of services.sort()) {
      const difference = await compare(part(left, service), part(right, service))
      if (difference) changes.push({ lane, service, ...difference })
    }
  }
  return changes
}

interface LaneSide {
  readonly folder: string
  readonly services: Readonly<Record<string, SavedService>>
}

interface Part {
  readonly kind: string
  readonly saved?: Extract<SavedService, { readonly files: unknown }>
  readonly folder: string
}

function pairs(before: OpenSnapshot, after: OpenSnapshot) {
  const [left, right] = [Object.keys(before.manifest.lanes), Object.keys(after.manifest.lanes)]
  const [first, second] = [left[0], right[0]]
  if (left.length === 1 && right.length === 1 && first !== undefined && second !== undefined) {
    const lane = first === second ? first : `${first} → ${second}`
    return [{ lane, left: side(before, first), right: side(after, second) }]
  }
  return [...new Set([...left, ...right])].map((lane) => ({ lane, left: side(before, lane), right: side(after, lane) }))
}

function side({ folder, manifest }: OpenSnapshot, lane: string): LaneSide | undefined {
  const services = manifest.lanes[lane]?.services
  return services && { folder: join(folder, lane), services }
}

function part(lane: LaneSide | undefined, service: string): Part | undefined {
  const saved = lane?.services[service]
  if (!lane || !saved) return undefined
  const folder = join(lane.folder, service)
  return { kind: saved.kind, folder, ...('files' in saved ? { saved } : {}) }
}

async function compare(
  before: Part | undefined,
  after: Part | undefined,
): Promise<Omit<ServiceChanges, 'lane' | 'service'> | undefined> {
  const kind = (after ?? before)?.kind ?? ''
  if (!before?.saved || !after?.saved) {
    if (!before?.saved && !after?.saved) return undefined
    const only = before?.saved ? 'before' : 'after'
    return { kind, only, schemaChanged: false, changes: [], countsOnly: true }
  }
  const schemaChanged = before.saved.state.schema !== after.saved.state.schema
  const countsOnly = !listsContents(before) || !listsContents(after)
  const isSame = contentsDigest(before.saved.state) === contentsDigest(after.saved.state)
  const changes = isSame ? [] : await changesIn(before, after, countsOnly)
  return schemaChanged || changes.length > 0 ? { kind, schemaChanged, changes, countsOnly } : undefined
}

/** Equal for equal contents. What has no digests is like nothing else. */
function contentsDigest({ counts, digests }: StateSummary): string | symbol {
  const isWhole = Object.keys(counts).every((group) => Object.hasOwn(digests, group))
  return isWhole ? canonicalJson({ counts, digests }) : Symbol('unknown')
}

async function changesIn(before: Part, after: Part, countsOnly: boolean): Promise<readonly GroupChanges[]> {
  if (countsOnly) return changesByCounts(before.saved?.state.counts ?? {}, after.saved?.state.counts ?? {})
  return changesBetween(readerOf(before), readerOf(after))
}

function changesByCounts(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): readonly GroupChanges[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].sort().flatMap((group) => {
    const [was, is] = [before[group] ?? 0, after[group] ?? 0]
    const [added, removed] = [Math.max(0, is - was), Math.max(0, was - is)]
    return was === is ? [] : [{ group, before: was, after: is, added, removed, changed: 0 }]
  })
}

function listsContents({ saved }: Part): boolean {
  return saved?.files.some(({ name }) => name === `${contentsFile}.zst`) === true
}

function readerOf({ folder, saved }: Part): StateFolderReader {
  return new StateFolderReader(folder, saved?.files ?? [])
}
