import type { PostgresLane } from '../options.ts'
import type { EnvironmentUser, PostgresRole } from './role-names.ts'

/** By field of an environment's endpoint, which holds a URL: whose it is, and the variable that has it. */
const fields: Readonly<Record<string, readonly [EnvironmentUser, string]>> = {
  ownerUrl: ['owner', 'DATABASE_URL_OWNER'],
  appUrl: ['app', 'DATABASE_URL_APP'],
  readonlyUrl: ['readonly', 'DATABASE_URL_READONLY'],
  backupUrl: ['backup', 'DATABASE_URL_BACKUP'],
  monitorUrl: ['monitor', 'DATABASE_URL_MONITOR'],
}

/** The field of an endpoint that holds a user's URL. */
export function urlField(user: EnvironmentUser): `${EnvironmentUser}Url` {
  return `${user}Url`
}

/** Everybody whom an endpoint lets connect, with the URL. Without roles that is the owner alone. */
export function usersOf(lane: PostgresLane): readonly { readonly user: EnvironmentUser; readonly url: string }[] {
  const users = Object.entries(fields).flatMap(([field, [user]]) => {
    const url = lane[field]
    return url === undefined ? [] : [{ user, url: String(url) }]
  })
  return users.length > 0 ? users : [{ user: 'owner', url: lane.url }]
}

/**
 * For programs that are not to be whom `DATABASE_URL` is. A lane has one user, who is everybody: without these variables
 * a program would have an environment's, from where it was started or from its `.env`.
 * @param roles that environments have
 */
export function roleVariables(lane: PostgresLane, roles: readonly PostgresRole[] = []): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([field, [user, variable]]) => {
      const own = lane[field]
      if (own !== undefined) return own === lane.url ? [] : [[variable, String(own)]]
      const asked = roles.length > 0 && (user === 'owner' || roles.includes(user))
      return asked ? [[variable, lane.url]] : []
    }),
  )
}
