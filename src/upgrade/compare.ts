import { join } from 'node:path'
import type { ResolvedConfig } from '../core/config.ts'
import type { StateSummary } from '../core/contracts.ts'
import { StateFolderReader } from '../core/state-files.ts'
import { diffSnapshots, type ServiceChanges } from '../snapshots/diff.ts'
import type { OpenSnapshot } from '../snapshots/open-snapshot.ts'
import type { DataComparison } from './rehearsal.ts'

/** What differs between the lane of one snapshot and that of another, by service. */
export interface Comparison {
  readonly data: Readonly<Record<string, DataComparison>>
  /** All that `isolane snapshot diff` tells of services, schemas of different versions aside. */
  readonly changes: readonly ServiceChanges[]
}

/** @throws ISOLANE_SNAPSHOT_DAMAGED */
export async function compareSnapshots(
  config: ResolvedConfig,
  before: OpenSnapshot,
  after: OpenSnapshot,
): Promise<Comparison> {
  const changes = await diffSnapshots(before, after)
  const data: Record<string, DataComparison> = {}
  for (const service of Object.keys(config.services)) {
    const [left, right] = [savedIn(before, service), savedIn(after, service)]
    if (!left || !right) continue
    const found = changes.find((each) => each.service === service)
    const { counts } = right.state
    data[service] = {
      ...(await compareSchemas(config, service, left, right)),
      groups: Object.keys(counts).length,
      entries: Object.values(counts).reduce((sum, count) => sum + count, 0),
      changes: found?.changes ?? [],
      ...(found?.filesDiffer ? { filesDiffer: true } : {}),
      ...(found?.countsOnly ? { countsOnly: true } : {}),
    }
  }
  return { data, changes }
}

/** One service as it was saved. */
export interface Saved {
  readonly state: StateSummary
  readonly files: StateFolderReader
}

/** Of a snapshot's only lane. */
export function savedIn({ folder, manifest }: OpenSnapshot, service: string): Saved | undefined {
  const [[lane, { services }] = ['', { services: undefined }]] = Object.entries(manifest.lanes)
  const saved = services?.[service]
  if (!saved || !('files' in saved)) return undefined
  return { state: saved.state, files: new StateFolderReader(join(folder, lane, service), saved.files) }
}

/** What a service's schema is told by; files where it was saved. */
export type Described = Pick<Saved, 'state'> & Partial<Saved>

export async function compareSchemas(
  config: ResolvedConfig,
  service: string,
  before: Described,
  after: Described,
): Promise<Pick<DataComparison, 'schema' | 'schemaDifference'>> {
  const [left, right] = [before.state.schema, after.state.schema]
  if (left === undefined && right === undefined) return { schema: 'none', schemaDifference: [] }
  if (left === right) return { schema: 'same', schemaDifference: [] }
  const { schemaDifference } = config.services[service]?.service.versions ?? {}
  if (!schemaDifference || !before.files || !after.files) return { schema: 'different', schemaDifference: [] }
  const difference = await schemaDifference(
    { files: before.files, saved: before.state },
    { files: after.files, saved: after.state },
  )
  return { schema: difference.length > 0 ? 'different' : 'same', schemaDifference: difference }
}
