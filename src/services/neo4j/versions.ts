import type { UpgradeWay, VersionSupport } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'
import { refuseFixedVersion } from '../../core/image-version.ts'
import { checkVersion, defaultVersion, type Neo4jOptions } from './options.ts'
import { schemaDifference } from './snapshots/schema-lines.ts'
import { compareVersions, crosses, parseVersion, type Version } from './version-order.ts'
import { warningsOf } from './version-warnings.ts'

/** By its name in {@link UpgradeWay}. */
export const usualWay = 'store migration'

/** As `neo4j()` is asked for them: `5.26`, `2026`, `2025.10`. Plugins that are named follow. */
export const versions: VersionSupport<Neo4jOptions> = {
  of: ({ version = defaultVersion }) => version,

  with(options, version) {
    checkVersion({ ...options, version })
    refuseFixedVersion('neo4j', options)
    return { ...options, version }
  },

  /** The edges are those of the "Upgrade and Migration Guide": 4.4 to 5.26 alone, all of 5 through it, then upwards. */
  upgrade(from, to) {
    const [old, next] = [parseVersion(from), parseVersion(to)]
    const why = whyRefused(old, next)
    if (why) throw refused(from, to, ...why)
    const migration: UpgradeWay = { name: usualWay, warnings: warningsOf(old, next) }
    return [migration]
  },

  schemaDifference,
}

/** What stands in the way, and the path that works. */
function whyRefused(from: Version, to: Version): [why: string, remedy: string] | undefined {
  const [old, next] = [from.text, to.text]
  if (compareVersions(from, to) > 0) {
    return [
      'an older server does not open the store of a newer one',
      `keep ${old} or go up, or begin with a snapshot that was saved on ${next}`,
    ]
  }
  if (crosses(from, to, '4.4')) {
    return ['all before 4.4 goes through it', `go ${old} → 4.4 with Neo4j's own tools, then 4.4 → 5.26, then up`]
  }
  if (from.major === 4 && to.major !== 4 && !is526(to)) {
    return ['5.26 is the only version that takes the stores of 4.4', pathThrough526(old, next)]
  }
  if (from.major === 5 && !is526(from) && !is526(to)) {
    return to.major === 5
      ? ['5.26 is the only one of 5 that is run here', `upgrade ${old} → 5.26`]
      : ['all of 5 goes through 5.26', pathThrough526(old, next)]
  }
  return undefined
}

function is526({ major, minor }: Version): boolean {
  return major === 5 && minor === 26
}

function pathThrough526(from: string, to: string): string {
  return to.startsWith('5.') ? `upgrade ${from} → 5.26` : `upgrade ${from} → 5.26, then 5.26 → ${to}`
}

function refused(from: string, to: string, why: string, remedy: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_UPGRADE_REFUSED',
    message: `neo4j: ${from} can't be upgraded to ${to}, as ${why}`,
    remedy,
  })
}
