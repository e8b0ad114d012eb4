import type { Credentials, EnvironmentId } from '../../../core/contracts.ts'
import { IsolaneError } from '../../../core/errors.ts'
import { lockKey } from '../attached/locks.ts'
import type { Client } from '../client.ts'
import { verifier } from '../role.ts'
import { identifier, literal } from '../sql.ts'
import { type EnvironmentUser, environmentName, type PostgresRole, postgresRoles, userName } from './role-names.ts'
import { isVerifierOf, type PasswordParts, userPassword } from './role-passwords.ts'
import { grantRights, rightsOf } from './role-rights.ts'

/** By user; `owner` is always there. */
export type RoleCredentials = { readonly owner: Credentials } & Readonly<Partial<Record<PostgresRole, Credentials>>>

export interface OwnerParts extends PasswordParts {
  /** A superuser's, in any database. */
  readonly client: Client
  readonly environment: EnvironmentId
}

export interface RoleParts extends OwnerParts {
  /** A superuser's, in the environment's database, which the owner of {@link ensureEnvironmentOwner} owns. */
  readonly client: Client
  readonly major: number
}

/**
 * Makes sure of the role that owns an environment's database, and that it logs in with its password. Call before the
 * database is made.
 * @throws ISOLANE_LANE_FAILED when somebody else's role has its name
 */
export function ensureEnvironmentOwner(parts: OwnerParts): Promise<Credentials> {
  return inTransaction(parts, () => ensureUser(parts, 'owner'))
}

/**
 * Makes sure of an environment's users, their passwords and their rights, all of it or nothing. Those that the options ask
 * for no more can't log in, and keep what is theirs. Call again for each database that takes the environment's name: rights
 * are not copied.
 * @throws ISOLANE_LANE_FAILED when somebody else's role has the name of one
 */
export function ensureEnvironmentRoles(parts: RoleParts): Promise<RoleCredentials> {
  return inTransaction(parts, () => ensureAll(parts))
}

/**
 * The same, with new passwords for some. Connections that are open stay.
 * @param users names of roles, or `owner`; all of them when `undefined`
 * @throws ISOLANE_OPTION_INVALID for a role that the environment has not, or when the config says what the password is
 */
export async function rotateEnvironmentRoles(
  parts: RoleParts,
  users: readonly string[] | undefined,
): Promise<RoleCredentials> {
  const there: readonly EnvironmentUser[] = ['owner', ...parts.roles]
  const chosen = users ?? there
  const { name, password } = parts.environment
  const unknown = chosen.find((user) => !(there as readonly string[]).includes(user))
  if (unknown !== undefined) {
    throw invalid(`The environment ${name} has no role ${JSON.stringify(unknown)}`, `choose from ${there.join(', ')}`)
  }
  if (password !== undefined) {
    throw invalid(
      `The password of the environment ${name} comes from where the config says`,
      'change it there, then run `isolane down` and `isolane up`, which apply it',
    )
  }
  return inTransaction(parts, async () => {
    for (const user of there) if (chosen.includes(user)) await ensureUser(parts, user, 1)
    return ensureAll(parts)
  })
}

async function ensureAll(parts: RoleParts): Promise<RoleCredentials> {
  const { client, environment, major, roles } = parts
  const owner = environmentName(environment)
  let found: RoleCredentials = { owner: await ensureUser(parts, 'owner') }
  for (const role of postgresRoles.filter((each) => roles.includes(each))) {
    found = { ...found, [role]: await ensureUser(parts, role) }
  }
  await shutOut(
    parts,
    postgresRoles.filter((role) => !roles.includes(role)),
  )
  if (roles.length === 0) return found
  if (roles.includes('app')) await letOwnerBe(client, owner, userName(owner, 'app'), major)
  await grantRights(client, major, owner, roles)
  return found
}

/** Stands in each role's comment: whose it is, and how often its password was changed, which changes with the password. */
interface Mark {
  readonly isolane: 'environment'
  readonly environment: string
  readonly user: EnvironmentUser
  readonly rotation: number
}

interface Found {
  readonly comment: string | null
  readonly stored: string | null
  readonly asWanted: boolean
}

/** @param turn how many times more its password is changed */
async function ensureUser(parts: OwnerParts, user: EnvironmentUser, turn = 0): Promise<Credentials> {
  const { client, environment } = parts
  const username = userName(environmentName(environment), user)
  const { seesAllRows = false, onlyReads = false } = user === 'owner' ? {} : rightsOf[user]
  const { rows } = await client.query<Found>(
    `SELECT shobj_description(oid, 'pg_authid') AS comment, rolpassword AS stored,
            rolcanlogin AND rolbypassrls = $2 AND NOT (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication) AS "asWanted"
     FROM pg_authid WHERE rolname = $1`,
    [username, seesAllRows],
  )
  const [found] = rows
  const rotation = found ? rotationOf(found.comment, environment, user, username) + turn : 0
  const password = userPassword(parts, user, rotation)
  const same = found !== undefined && (await isVerifierOf(found.stored, password))
  const name = identifier(username)
  if (!found) await client.query(`CREATE ROLE ${name}`)
  if (!same || !found.asWanted) {
    const rights = `LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION ${seesAllRows ? '' : 'NO'}BYPASSRLS`
    await client.query(`ALTER ROLE ${name} ${rights} PASSWORD ${literal(await verifier(password))}`)
    const mark: Mark = { isolane: 'environment', environment: environment.name, user, rotation }
    await client.query(`COMMENT ON ROLE ${name} IS ${literal(JSON.stringify(mark))}`)
    if (onlyReads) await client.query(`ALTER ROLE ${name} SET default_transaction_read_only = on`)
  }
  return { username, password }
}

function rotationOf(
  comment: string | null,
  environment: EnvironmentId,
  user: EnvironmentUser,
  username: string,
): number {
  const mark = markOf(comment, environment, user)
  if (mark) return mark.rotation
  throw new IsolaneError({
    code: 'ISOLANE_LANE_FAILED',
    message: `The role ${identifier(username)} is not one that Isolane made for the environment ${environment.name}`,
    remedy: 'rename or drop it; Isolane leaves it alone',
  })
}

/** `undefined` for anybody else's: the owner of `dev-app` is called as the user `app` of `dev` would be. */
function markOf(comment: string | null, { name }: EnvironmentId, user: EnvironmentUser): Mark | undefined {
  try {
    const mark = JSON.parse(comment ?? '') as Mark | null
    return mark?.isolane === 'environment' && mark.environment === name && mark.user === user ? mark : undefined
  } catch {
    return undefined
  }
}

/** Those that are the environment's, of these. */
async function shutOut({ client, environment }: RoleParts, roles: readonly PostgresRole[]): Promise<void> {
  const usernames = new Map(roles.map((role) => [userName(environmentName(environment), role), role]))
  const { rows } = await client.query<{ name: string; comment: string | null }>(
    `SELECT rolname AS name, shobj_description(oid, 'pg_authid') AS comment
     FROM pg_roles WHERE rolcanlogin AND rolname = ANY ($1)`,
    [[...usernames.keys()]],
  )
  const ours = rows.flatMap(({ name, comment }) => {
    const role = usernames.get(name)
    return role && markOf(comment, environment, role) ? [name] : []
  })
  for (const name of ours) await client.query(`ALTER ROLE ${identifier(name)} NOLOGIN`)
  if (ours.length > 0) {
    await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ANY ($1)', [ours])
  }
}

/** What `app` makes belongs to the owner as well, whose migrations may have to change it. */
async function letOwnerBe(client: Client, owner: string, app: string, major: number): Promise<void> {
  const { rows } = await client.query<{ there: boolean }>(
    'SELECT EXISTS (SELECT FROM pg_auth_members WHERE roleid = $1::text::regrole AND member = $2::text::regrole) AS there',
    [app, owner],
  )
  if (rows[0]?.there) return
  const options = major < 16 ? '' : ' WITH INHERIT TRUE, SET TRUE'
  await client.query(`GRANT ${identifier(app)} TO ${identifier(owner)}${options}`)
}

async function inTransaction<Result>({ client, environment }: OwnerParts, act: () => Promise<Result>): Promise<Result> {
  await client.query('BEGIN')
  try {
    // Two that change one role at once would fail.
    await client.query('SELECT pg_advisory_xact_lock($1)', [lockKey(`roles of ${environment.label}`)])
    const result = await act()
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {})
    throw error
  }
}

function invalid(message: string, remedy: string): IsolaneError {
  return new IsolaneError({ code: 'ISOLANE_OPTION_INVALID', message, remedy })
}
