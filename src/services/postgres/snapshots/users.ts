import type { StateSummary } from '../../../core/contracts.ts'
import type { Pool } from '../client.ts'
import { type PostgresRole, postgresRoles, userName } from '../environments/role-names.ts'
import type { RoleChange } from './script.ts'

/**
 * SQL that tells whether a role is one of an environment's users beside its owner.
 * @param owner its name, as SQL
 * @param oid of the role, as SQL
 */
export function isUserOf(owner: string, oid: string): string {
  const names = postgresRoles.map((role) => `'${role}'`).join(', ')
  // The comment says who it is: the owner of `dev-app` has the name that the user `app` of `dev` would have.
  return `EXISTS (SELECT FROM pg_roles u, unnest(ARRAY[${names}]) who WHERE u.oid = ${oid} AND u.rolname = ${owner}::text || '_' || who
    AND shobj_description(u.oid, 'pg_authid') LIKE '{"isolane":"environment",%,"user":"' || who || '",%')`
}

/** An environment's users on this server beside the owner of its database. Lanes have none. */
export async function usersBeside(client: { query: Pool['query'] }, owner: string): Promise<readonly PostgresRole[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT rolname AS name FROM pg_roles r WHERE ${isUserOf('$1', 'r.oid')}`,
    [owner],
  )
  return postgresRoles.filter((role) => rows.some(({ name }) => name === userName(owner, role)))
}

/** What whoever had rights in a state that was saved is called where its owner is `owner`, who has these users beside him. */
export function roleChanges(
  { details }: StateSummary,
  owner: string,
  users: readonly PostgresRole[],
): readonly RoleChange[] {
  const before = details.owner
  if (before === undefined) return []
  const had = postgresRoles.filter((role) => details.users?.split(' ').includes(role))
  const changes = had.map((role) =>
    users.includes(role)
      ? { from: userName(before, role), to: userName(owner, role) }
      : { from: userName(before, role), to: owner, gone: true },
  )
  return [{ from: before, to: owner }, ...changes].filter(({ from, to }) => from !== to)
}
