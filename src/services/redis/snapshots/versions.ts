import type { StateSummary } from '../../../core/contracts.ts'
import { IsolaneError } from '../../../core/errors.ts'
import type { ServerVersion } from '../inspect.ts'

/** RDB versions that Redis has had, or may have, since Valkey went its own way; Valkey's own begin above. */
const redisAlone = { first: 12, last: 79 } as const

/** What {@link StateSummary.details} tells of where the keys come from. */
export function originOf(server: ServerVersion, rdb: number): Readonly<Record<string, string>> {
  return { server: server.name, ...(rdb === 0 ? {} : { rdb: String(rdb) }) }
}

/**
 * Refuses what this server can't read, before anything is done.
 * @param rdb newest RDB version that this server writes
 * @throws ISOLANE_SNAPSHOT_REFUSED
 */
export function checkReadable(saved: StateSummary, server: ServerVersion, rdb: number): void {
  if (saved.format !== 'redis-dump') throw refused(saved, server, `its format is ${saved.format}, not redis-dump`)
  const needed = Number(saved.details.rdb ?? 0)
  if (needed > rdb)
    throw refused(saved, server, `its values are of RDB version ${needed}, and the server reads up to ${rdb}`)
  const { first, last } = redisAlone
  if (rdb > last && needed >= first && needed <= last) {
    throw refused(saved, server, `its values are of RDB version ${needed}, which is Redis's alone`)
  }
}

export function refused({ version, details }: StateSummary, server: ServerVersion, why: string): IsolaneError {
  const origin = `${details.server ?? 'Redis'} ${version}`
  return new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_REFUSED',
    message: `The keys were saved from ${origin} and can't be loaded into ${server.name} ${server.version}: ${why}`,
    remedy: `load them where ${origin} or a newer one runs (\`version\` in redis()); nothing was changed`,
  })
}
