import { join } from 'node:path'
import type { StateSummary } from '../core/contracts.ts'
import type { SavedService } from '../core/lane-states.ts'
import { changesBetween, contentsFile, type GroupChanges } from '../core/state-contents.ts'
import { StateFolderReader } from '../core/state-files.ts'
import { canonicalJson } from './canonical-json.ts'
import type { Manifest } from './manifest.ts'

/** A snapshot, or lanes that were saved in another way. */
export interface Comparable {
  /** Holds a folder for each lane, with one for each service. */
  readonly folder: string
  readonly manifest: Pick<Manifest, 'lanes'>
}

/** What differs in one group. */
export interface KnownChanges extends Omit<GroupChanges, 'changed'> {
  /** `null`: some, by the digest of the whole group; nothing tells how many. */
  readonly changed: number | null
}

/** What differs between two snapshots in one service of one lane. */
export interface ServiceChanges {
  readonly lane: string
  readonly service: string
  readonly kind: string
  /** Only one of the two has it. */
  readonly only?: 'before' | 'after'
  /** Neither has it: it could not be saved. Whether it has changed, nobody knows. */
  readonly unsaved?: true
  /** Tables, indexes, constraints differ. */
  readonly schemaChanged: boolean
  /** By group; those that do not differ are left out. */
  readonly changes: readonly KnownChanges[]
  /** Counts and digests tell of no change, and not enough to tell that there is none; the files differ. */
  readonly filesDiffer?: true
  /** The contents are not listed: what was added and removed is told by counts and digests alone. */
  readonly countsOnly: boolean
}

/**
 * What has changed from one snapshot to another, by lane and service; what has not is left out. Where each has one lane
 * those are compared, else lanes of the same name.
 * @throws ISOLANE_SNAPSHOT_DAMAGED
 */
export async function diffSnapshots(before: Comparable, after: Comparable): Promise<readonly ServiceChanges[]> {
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

function pairs(before: Comparable, after: Comparable) {
  const [left, right] = [Object.keys(before.manifest.lanes), Object.keys(after.manifest.lanes)]
  const [first, second] = [left[0], right[0]]
  if (left.length === 1 && right.length === 1 && first !== undefined && second !== undefined) {
    const lane = first === second ? first : `${first} → ${second}`
    return [{ lane, left: side(before, first), right: side(after, second) }]
  }
  return [...new Set([...left, ...right])].map((lane) => ({ lane, left: side(before, lane), right: side(after, lane) }))
}

function side({ folder, manifest }: Comparable, lane: string): LaneSide | undefined {
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
    const found = before?.saved ? { only: 'before' as const } : after?.saved ? { only: 'after' as const } : undefined
    return { kind, ...(found ?? { unsaved: true }), schemaChanged: false, changes: [], countsOnly: true }
  }
  const [left, right] = [before.saved, after.saved]
  const schemaChanged = left.state.schema !== right.state.schema
  const countsOnly = !listsContents(before) || !listsContents(after)
  const isKnown = isWhole(left.state) && isWhole(right.state)
  const isSame = isKnown && contentsDigest(left.state) === contentsDigest(right.state)
  const changes = isSame ? [] : await changesIn(before, after, countsOnly)
  const filesDiffer = countsOnly && !isKnown && changes.length === 0 && filesDigest(left) !== filesDigest(right)
  if (!schemaChanged && changes.length === 0 && !filesDiffer) return undefined
  return { kind, schemaChanged, changes, countsOnly, ...(filesDiffer ? { filesDiffer } : {}) }
}

/** Whether its digests tell of all that is in it. */
export function isWhole({ counts, digests }: StateSummary): boolean {
  const groups = Object.keys(counts)
  return groups.length > 0 && groups.every((group) => Object.hasOwn(digests, group))
}

function contentsDigest({ counts, digests }: StateSummary): string {
  return canonicalJson({ counts, digests })
}

function filesDigest({ files }: NonNullable<Part['saved']>): string {
  return canonicalJson(files.map(({ name, sha256 }) => [name, sha256]).sort())
}

async function changesIn(before: Part, after: Part, countsOnly: boolean): Promise<readonly KnownChanges[]> {
  if (!countsOnly) return changesBetween(readerOf(before), readerOf(after))
  return before.saved && after.saved ? changesBySummaries(before.saved.state, after.saved.state) : []
}

function changesBySummaries(before: StateSummary, after: StateSummary): readonly KnownChanges[] {
  const summaries = [before, after].flatMap(({ counts, digests }) => [counts, digests])
  const groups = [...new Set(summaries.flatMap((summary) => Object.keys(summary)))].sort()
  return groups.flatMap((group) => {
    const [was, is] = [before.counts[group] ?? 0, after.counts[group] ?? 0]
    const [digest, other] = [before.digests[group], after.digests[group]]
    const isOther = was === is && digest !== undefined && other !== undefined && digest !== other
    if (was === is && !isOther) return []
    const [added, removed] = [Math.max(0, is - was), Math.max(0, was - is)]
    return [{ group, before: was, after: is, added, removed, changed: isOther ? null : 0 }]
  })
}

function listsContents({ saved }: Part): boolean {
  return saved?.files.some(({ name }) => name === `${contentsFile}.zst`) === true
}

function readerOf({ folder, saved }: Part): StateFolderReader {
  return new StateFolderReader(folder, saved?.files ?? [])
}
