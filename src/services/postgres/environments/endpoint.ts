import { type LaneAddress, laneEndpoint } from '../lane.ts'
import type { PostgresLane } from '../options.ts'
import { postgresRoles } from './role-names.ts'
import { urlField } from './role-variables.ts'
import type { RoleCredentials } from './roles.ts'

/** An environment as its program reaches it: as `app` where there is that role, else as the owner. With roles, their URLs too. */
export function environmentEndpoint(
  address: Omit<LaneAddress, 'user' | 'password'>,
  database: string,
  credentials: RoleCredentials,
): PostgresLane {
  const as = ({ username: user, password }: RoleCredentials['owner']) =>
    laneEndpoint({ ...address, user, password }, database)
  const users = postgresRoles.flatMap((role) => {
    const who = credentials[role]
    return who ? [[urlField(role), as(who).url] as const] : []
  })
  const urls =
    users.length === 0 ? {} : { ...Object.fromEntries(users), [urlField('owner')]: as(credentials.owner).url }
  return { ...as(credentials.app ?? credentials.owner), ...urls }
}
