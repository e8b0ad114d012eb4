import type { SavedSide, SavedStart, StateSummary } from '../../../core/contracts.ts'
import { IsolaneError } from '../../../core/errors.ts'
import { damaged } from '../../../core/state-files.ts'
import { type GraphContents, HostError } from '../host-client.ts'
import { hostFailure } from '../host-failure.ts'
import type { HostParts, HostTemplate } from '../host-template.ts'
import { usualWay, versions } from '../versions.ts'
import { lineOf, refuseUnfit, whatDiffers, whichDataDiffer } from './fitting.ts'
import { storeFormat, storeOf } from './saved-store.ts'
import { isMigrated, migratedDifference } from './schema-lines.ts'
import { writeState } from './state-stream.ts'

/**
 * Makes the template out of a saved store. Neo4j upgrades it as it opens it, or before; then it must hold what was saved,
 * before migrations run on it.
 * @throws ISOLANE_UPGRADE_REFUSED, ISOLANE_UPGRADE_FAILED, and what `SnapshotSupport.prepareFrom` says
 */
export async function beginWith(
  parts: HostParts,
  template: HostTemplate,
  fingerprint: string,
  { files, saved, way = usualWay, migrations }: SavedStart,
): Promise<void> {
  const { host, status, instance, context } = parts
  if (way !== usualWay) throw noSuchWay(way)
  refuseUnfit(saved, storeFormat, status.version)
  const migrate = isMigrated(saved.version, status.version)
  if (migrate) versions.upgrade(saved.version, status.version)
  context.report({ kind: 'progress', subject: context.name, text: `beginning with what Neo4j ${saved.version} saved` })
  let state = ''
  let isOpen = false
  try {
    state = await writeState(instance, undefined, storeOf(files))
    await template.make(fingerprint, {
      steps: migrations === undefined ? {} : { migrations },
      state,
      migrate,
      check: async () => {
        isOpen = true
        const found = await host.ask('template.look', {})
        const why = migrate ? await whatMigrationChanged(found, { files, saved }) : whatDiffers(found, saved)
        if (why !== undefined) throw notTheSame(why, parts, saved)
      },
    })
  } catch (error) {
    throw failure(error, parts, saved, isOpen)
  } finally {
    if (state) await host.ask('state.drop', { state }).catch(() => {})
  }
}

async function whatMigrationChanged(found: GraphContents, side: SavedSide): Promise<string | undefined> {
  const [schema] = await migratedDifference(side, found.schemaLines)
  return whichDataDiffer(found, side.saved) ?? (schema && `its constraints or indexes are others: ${schema}`)
}

function failure(error: unknown, parts: HostParts, saved: StateSummary, isOpen: boolean): unknown {
  if (!(error instanceof HostError)) return error
  const service = parts.context.name
  if (error.code === 'DAMAGED') return damaged("the snapshot's Neo4j store", error.message)
  if (isOpen) return hostFailure(error, service, 'ISOLANE_TEMPLATE_FAILED', 'The template could not be made')
  const message = `Neo4j ${parts.status.version} did not open the store of ${saved.version}`
  return hostFailure(error, service, codeOf(parts, saved), message)
}

/** Neo4j may have opened it, and have lost something all the same. */
function notTheSame(why: string, parts: HostParts, saved: StateSummary): IsolaneError {
  const { version } = parts.status
  return new IsolaneError({
    code: codeOf(parts, saved),
    message: `What Neo4j ${version} made of the store of ${saved.version} is not what was saved: ${why}`,
    remedy: `compare it with a lane of \`version: '${lineOf(saved.version)}'\` that begins with the same snapshot`,
  })
}

function codeOf({ status }: HostParts, saved: StateSummary): 'ISOLANE_RESTORE_FAILED' | 'ISOLANE_UPGRADE_FAILED' {
  return lineOf(saved.version) === lineOf(status.version) ? 'ISOLANE_RESTORE_FAILED' : 'ISOLANE_UPGRADE_FAILED'
}

function noSuchWay(way: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_UPGRADE_REFUSED',
    message: `neo4j: there is no way called ${JSON.stringify(way)} to upgrade`,
    remedy: `use "${usualWay}", or name none`,
  })
}
