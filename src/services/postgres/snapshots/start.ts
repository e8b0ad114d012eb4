import type { SavedStart } from '../../../core/contracts.ts'
import { IsolaneError, isIsolaneError, messageOf } from '../../../core/errors.ts'
import { createExtensions } from '../extensions.ts'
import { runTemplateSteps, type TemplateContent } from '../template-content.ts'
import { inPlace, usualWay } from '../versions.ts'
import { type FillParts, fillDatabase } from './fill.ts'
import type { SnapshotParts } from './parts.ts'
import { pgUpgrade } from './pg-upgrade.ts'

/** What was saved, upgraded to this server's version, and then migrated. */
export function fromSaved(parts: SnapshotParts & FillParts, start: SavedStart): TemplateContent {
  const { way = usualWay, migrations } = start
  if (way !== usualWay && way !== inPlace) {
    throw new IsolaneError({
      code: 'ISOLANE_UPGRADE_REFUSED',
      message: `PostgreSQL has no way of upgrading that is called ${JSON.stringify(way)}`,
      remedy: `choose from ${usualWay}, ${inPlace}`,
    })
  }
  return {
    progress: 'filling the template with what was saved',
    async make(builder, database) {
      try {
        await using upgraded = way === inPlace ? await pgUpgrade(parts, start) : undefined
        const { files, saved } = upgraded ?? start
        const { record } = await fillDatabase(parts, builder, database, files, saved)
        if (migrations === undefined) return record
      } catch (error) {
        throw startFailed(error, parts, start)
      }
      await createExtensions(builder.server, database, builder.options.extensions)
      await runTemplateSteps(builder, database, { migrations })
      return undefined
    },
  }
}

/** What a restore says of itself is told of lanes, which there are none of yet; and a newer server is an upgrade. */
function startFailed(error: unknown, { server }: FillParts, { saved, way }: SavedStart): unknown {
  if (isIsolaneError(error) && error.code !== 'ISOLANE_RESTORE_FAILED') return error
  const upgrades = Number.parseInt(saved.version, 10) < server.major
  const why = isIsolaneError(error) ? error.reason : messageOf(error).split('\n')[0]
  const output = isIsolaneError(error) ? error.output : error instanceof Error ? messageOf(error.cause ?? '') : ''
  const other = way === inPlace ? `; what \`${inPlace}\` refuses, \`${usualWay}\` may take` : ''
  return new IsolaneError({
    code: upgrades ? 'ISOLANE_UPGRADE_FAILED' : 'ISOLANE_RESTORE_FAILED',
    message: `PostgreSQL ${server.version} did not take what was saved from ${saved.version} (${why})`,
    remedy: `see what it says; what was saved is as it was${other}`,
    ...(output ? { output } : {}),
    cause: error,
  })
}
