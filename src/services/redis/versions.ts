import type { UpgradeWay, VersionSupport } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'
import { refuseFixedVersion } from '../../core/image-version.ts'
import { imageServer, parseVersion, type RedisOptions, type WantedVersion, wantedBy } from './options.ts'

/** As `redis()` is asked for them: `7`, `valkey@9`. */
export const redisVersions: VersionSupport<RedisOptions> = {
  of: (options) => textOf(wantedBy(options)),

  with(options, version) {
    const wanted = parseVersion(version)
    refuseFixedVersion('redis', options)
    const { image } = options
    if (image !== undefined && imageServer(image) !== wanted.name) throw otherImage(image, wanted)
    return { ...options, version: textOf(wanted) }
  },

  upgrade(from, to) {
    const [old, next] = [parseVersion(from), parseVersion(to)]
    const why = whyRefused(old, next)
    if (why) throw refused(old, next, ...why)
    const rdb: UpgradeWay = { name: 'RDB', warnings: warningsOf(old, next) }
    return [rdb]
  },
}

function textOf({ name, version }: WantedVersion): string {
  return name === 'valkey' ? `valkey@${version}` : version
}

/** Why values of the one can't be read by the other, and what to do instead. */
function whyRefused(from: WantedVersion, to: WantedVersion): [why: string, remedy: string] | undefined {
  if (from.name === 'valkey' && to.name === 'redis') {
    return [
      'from Valkey 9 on its values have a format of its own, and no Redis vouches for reading what Valkey wrote',
      `stay with Valkey (valkey@${from.version} or newer), or copy the values by commands instead of by RDB or DUMP`,
    ]
  }
  if (from.name === to.name) {
    if (compare(from.version, to.version) <= 0) return undefined
    return [
      'an older version can not be relied on to read the values of a newer one',
      `keep ${textOf(from)} or go up, or begin with a snapshot that was made on ${textOf(to)}`,
    ]
  }
  if (compare(from.version, '7.4') < 0 || from.version === '7') return undefined
  return [
    'from 7.4 on the values of Redis have a format (RDB version 12) that no Valkey reads',
    'go to a newer Redis, or begin with a snapshot that was made on Redis 7.2 or older, or copy the values by commands',
  ]
}

function warningsOf(from: WantedVersion, to: WantedVersion): readonly string[] {
  const [old, next] = [titleOf(from), titleOf(to)]
  const toValkey = from.name !== to.name
  const passes = (version: string) =>
    compare(from.version, version) < 0 && (toValkey || compare(to.version, version) >= 0)
  return [
    ...(compare(from.version, to.version) === 0 && !toValkey
      ? []
      : [`what ${next} has written ${old} may not read: only a snapshot from before leads back`]),
    'keys are brought over one by one, by DUMP and RESTORE, with types, values, times to live, and streams with their groups, consumers and pending entries; without how long ago each was used, which eviction goes by',
    'an RDB file of the whole server would bring functions and the other DB numbers too; users (ACL), settings and cached scripts come along in neither way',
    ...(passes('7.0')
      ? [
          'users whose rules name no channels may use none from Redis 7 on (acl-pubsub-default is resetchannels): publish and subscribe can be refused',
          'of groups of streams, how many entries were read is not known until then: XINFO may tell no lag',
        ]
      : []),
    ...(!toValkey && passes('8')
      ? [
          'from Redis 8 on @read, @write and their like have the commands of its modules in them (JSON, search, time series): users with such rules may do more',
        ]
      : []),
    ...(toValkey
      ? ['modules of Redis (JSON, search, time series) are not in Valkey, nor can it read their values']
      : []),
    ...(toValkey && from.version === '7'
      ? ['if Redis 7 is 7.4 where it runs, Valkey reads none of its values: that is refused before any is loaded']
      : []),
  ]
}

function titleOf({ name, version }: WantedVersion): string {
  return `${name === 'valkey' ? 'Valkey' : 'Redis'} ${version}`
}

/** Below 0 where the left one is older in any case: `7` and `7.2` may be the same. */
function compare(left: string, right: string): number {
  const others = right.split('.').map(Number)
  const differences = left.split('.').map((part, index) => Number(part) - (others[index] ?? Number(part)))
  return differences.find((difference) => difference !== 0) ?? 0
}

function refused(from: WantedVersion, to: WantedVersion, why: string, remedy: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_UPGRADE_REFUSED',
    message: `redis: ${titleOf(from)} can't be upgraded to ${titleOf(to)}, as ${why}`,
    remedy,
  })
}

function otherImage(image: string, wanted: WantedVersion): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `redis: the image ${image} is not one of ${titleOf(wanted)}`,
    remedy: 'leave `image` out where Redis and Valkey are compared: both have images of their own',
  })
}
