import type { PostgresLane } from '../options.ts'
import type { EnvironmentUser } from './role-names.ts'

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

/** For programs that are not to be whom `DATABASE_URL` is. None for test lanes, which have one user. */
export function roleVariables(lane: PostgresLane): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([field, [, variable]]) => {
      const url = lane[field]
      return url === undefined || url === lane.url ? [] : [[variable, String(url)]]
    }),
  )
}
