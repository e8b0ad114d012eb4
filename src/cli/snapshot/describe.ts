import type { SavedService } from '../../core/lane-states.ts'
import { shellWord } from '../../core/shell-word.ts'
import { table } from '../../core/table.ts'
import { environmentsIn, type Manifest, type SnapshotLane } from '../../snapshots/manifest.ts'
import type { OpenSnapshot } from '../../snapshots/open-snapshot.ts'
import type { SnapshotEntry } from '../../snapshots/store.ts'
import { ageText, sizeText } from './text.ts'

/** A table of snapshots, line by line; the first one is its head. */
export function snapshotRows(entries: readonly SnapshotEntry[]): readonly string[] {
  const rows = entries.map(({ name, bytes, manifest, problem }) => {
    if (!manifest) return [name, '', sizeText(bytes), '', `DAMAGED: ${problem}`]
    const { createdAt, lanes, reason } = manifest
    return [name, ageText(createdAt), sizeText(bytes), Object.keys(lanes).join(', '), reason]
  })
  return table(['snapshot', 'age', 'size', 'lanes', 'why'], rows).split('\n')
}

/** What was saved, a row for each service. */
export function savedTable({ lanes }: Manifest): readonly string[] {
  const rows = Object.entries(lanes).flatMap(([lane, { services }]) =>
    Object.entries(services).map(([service, saved]) => [lane, service, ...briefly(saved)]),
  )
  return table(['lane', 'service', 'is', 'size', 'holds'], rows).split('\n')
}

/** The whole manifest, for people. */
export function manifestLines({ manifest, folder, bytes }: OpenSnapshot): string[] {
  const { name, named, createdAt, isolane, stack, platform, reason, lanes } = manifest
  const age = ageText(createdAt)
  return [
    `${name}${named ? '' : ' (automatic name)'}: ${sizeText(bytes)}, made ${age === 'just now' ? age : `${age} ago`} (${createdAt})`,
    `  of the stack ${stack}, by isolane ${isolane} on ${platform}`,
    `  why: ${reason}`,
    `  in ${folder}`,
    ...Object.entries(lanes).flatMap(([lane, saved]) => ['', ...laneLines(lane, saved)]),
  ]
}

/** How to get it back: an environment to where it was. @param isolane how the command begins */
export function restoreLine(isolane: string, nameOrPath: string, manifest: Manifest): string {
  const [environment] = environmentsIn(manifest)
  const isOnly = Object.keys(manifest.lanes).length === 1
  const into = environment !== undefined && isOnly ? ` --into ${environment}` : ''
  return `Bring it back with: ${isolane} snapshot restore ${shellWord(nameOrPath)}${into}`
}

function laneLines(lane: string, { failedTest, services }: SnapshotLane): string[] {
  return [
    `${lane}${failedTest === undefined ? '' : `, kept for "${failedTest}"`}`,
    ...Object.entries(services).flatMap(([service, saved]) => serviceLines(service, saved)),
  ]
}

function serviceLines(service: string, saved: SavedService): string[] {
  if ('unsupported' in saved) return [`  ${service}: ${saved.kind}, not saved: ${saved.unsupported}`]
  const { state } = saved
  const width = Math.max(0, ...Object.keys(state.counts).map((group) => group.length))
  return [
    `  ${service}: ${saved.kind} ${state.version}, ${sizeText(storedBytes(saved))} as ${state.format}`,
    ...Object.entries(state.details).map(([label, value]) => `    ${label}: ${value}`),
    ...Object.entries(state.counts).map(([group, count]) => `    ${group.padEnd(width)}  ${count}`),
  ]
}

function briefly(saved: SavedService): string[] {
  if ('unsupported' in saved) return [saved.kind, '', `not saved: ${saved.unsupported}`]
  return [`${saved.kind} ${saved.state.version}`, sizeText(storedBytes(saved)), holdings(saved.state.counts)]
}

/** `city 2, country 3, river 9 and 97 more`; what is empty is not worth the room. */
function holdings(counts: Readonly<Record<string, number>>): string {
  const filled = Object.entries(counts).filter(([, count]) => count > 0)
  const shown = filled.slice(0, 3).map(([group, count]) => `${group} ${count}`)
  if (filled.length === 0) return 'nothing'
  return `${shown.join(', ')}${filled.length > shown.length ? ` and ${filled.length - shown.length} more` : ''}`
}

function storedBytes({ files }: Extract<SavedService, { readonly files: unknown }>): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0)
}
