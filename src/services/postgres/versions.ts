import type { UpgradeWay, VersionSupport } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'
import { refuseFixedVersion } from '../../core/image-version.ts'
import { defaultVersion, type PostgresOptions, type PostgresVersion, postgresVersions } from './options.ts'
import { schemaDifference } from './snapshots/schema-difference.ts'
import { changes, dumpWarnings, noWayBack, pgUpgradeWarnings } from './version-warnings.ts'

/** By their names in {@link UpgradeWay}. */
export const usualWay = 'dump and restore'
export const inPlace = 'pg_upgrade'

const all = postgresVersions.join(', ')

/** The versions there are, and how data get from one to another. */
export const versions: VersionSupport<PostgresOptions> = { of: versionOf, with: withVersion, upgrade, schemaDifference }

function versionOf({ version = defaultVersion }: PostgresOptions): PostgresVersion {
  return version
}

function withVersion(options: PostgresOptions, version: string): PostgresOptions {
  if (!isKnown(version)) {
    throw new IsolaneError({
      code: 'ISOLANE_VERSION_UNSUPPORTED',
      message: `postgres: there is no version ${JSON.stringify(version)}`,
      remedy: `choose from ${all}`,
    })
  }
  refuseFixedVersion('postgres', options)
  return { ...options, version }
}

/** Upwards only, from any version to any newer one. */
function upgrade(from: string, to: string): readonly [UpgradeWay, ...UpgradeWay[]] {
  if (!isKnown(from)) {
    throw refused(
      `Isolane has no PostgreSQL ${from} to begin with`,
      `choose from ${all}; what pg_dump ${newest} writes of an older one, down to 9.2, can be a \`seed\` of ${newest}`,
    )
  }
  if (!isKnown(to)) throw refused(`Isolane has no PostgreSQL ${to} to go to`, `choose from ${all}`)
  if (Number(from) >= Number(to)) {
    const newer = postgresVersions.filter((version) => Number(version) > Number(from))
    throw refused(
      `PostgreSQL ${from} can't be upgraded to ${to}: data only go to newer major versions`,
      newer.length > 0
        ? `choose from ${newer.map((version) => `${from}→${version}`).join(', ')}; for ${to}, begin with a snapshot that was saved there`
        : `${from} is the newest; for ${to}, begin with a snapshot that was saved there`,
    )
  }
  const crossed = changesBetween(from, to)
  return [
    { name: usualWay, warnings: [noWayBack, ...dumpWarnings, ...crossed] },
    { name: inPlace, warnings: [noWayBack, ...pgUpgradeWarnings(Number(from), Number(to)), ...crossed] },
  ]
}

const newest = postgresVersions.at(-1)

function changesBetween(from: PostgresVersion, to: PostgresVersion): readonly string[] {
  return postgresVersions.flatMap((version) =>
    version === '13' || Number(version) <= Number(from) || Number(version) > Number(to)
      ? []
      : changes[version].map((change) => `from ${version} on: ${change}`),
  )
}

function isKnown(version: string): version is PostgresVersion {
  return (postgresVersions as readonly string[]).includes(version)
}

function refused(message: string, remedy: string): IsolaneError {
  return new IsolaneError({ code: 'ISOLANE_UPGRADE_REFUSED', message, remedy })
}
