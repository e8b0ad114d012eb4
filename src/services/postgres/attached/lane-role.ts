import { createHash, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import type { Credentials } from '../../../core/contracts.ts'
import { type Access, type Client, connect, type PoolClient, sqlState } from '../client.ts'
import { verifier } from '../role.ts'
import { identifier, literal } from '../sql.ts'
import { refused } from './explain.ts'
import { lockKey } from './locks.ts'
import type { Rights } from './rights.ts'

const comment = JSON.stringify({ isolane: 'lanes' })

/** One for each role that servers are given with, so that who may use the one may use the other. */
export function laneRoleName(user: string): string {
  return `isolane_lanes_${createHash('sha256').update(user).digest('hex').slice(0, 8)}`
}

/**
 * The same for all sessions with the same credentials, as they share templates that this role owns. Made with much work,
 * so that who has it can not try passwords until one fits. None where the server was given without one.
 */
async function lanePassword({ username, password }: Credentials): Promise<string> {
  if (password === '') return ''
  const derive = promisify(scrypt) as (password: string, salt: string, length: number) => Promise<Buffer>
  return (await derive(password, `isolane lanes of ${username}`, 24)).toString('base64url')
}

/**
 * Makes sure of a role that owns lanes and can reach nothing else. `undefined` where the server's rights or rules do not
 * let us have one.
 * @throws ISOLANE_ATTACH_REFUSED when somebody else's role has its name.
 */
export async function ensureLaneRole(
  client: Client,
  access: Access,
  { maintenance, major, rights }: { maintenance: string; major: number; rights: Rights },
): Promise<Credentials | undefined> {
  const username = laneRoleName(access.user)
  const password = await lanePassword({ username: access.user, password: access.password ?? '' })
  const lane: Access = { ...access, user: username, password }
  const found = await find(client, username, major)
  if (found && found.comment !== comment) {
    throw refused(access, `the role ${identifier(username)} is not one that Isolane made`, 'rename or drop it')
  }
  if (!(found?.usable && (await mayLogIn(lane, maintenance)))) {
    if (!rights.createRole) return undefined
    try {
      await make(client, lane, major)
    } catch (error) {
      // A managed server may have rules of its own about roles.
      if (['42501', '0LP01', '0A000'].includes(sqlState(error) ?? '')) return undefined
      throw error
    }
    if (!(await find(client, username, major))?.usable || !(await mayLogIn(lane, maintenance))) return undefined
  }
  return { username, password }
}

/** `usable`: databases can be given to it, and taken away again. */
async function find(
  client: Client,
  name: string,
  major: number,
): Promise<{ comment: string | null; usable: boolean } | undefined> {
  // From PostgreSQL 16 on, having a role's rights and becoming it are two things, and we need both.
  const { rows } = await client.query<{ comment: string | null; usable: boolean }>(
    `SELECT shobj_description(oid, 'pg_authid') AS comment,
            rolcanlogin AND pg_has_role(oid, 'USAGE') AND pg_has_role(oid, $2) AS usable
     FROM pg_roles WHERE rolname = $1`,
    [name, major < 16 ? 'USAGE' : 'SET'],
  )
  return rows[0]
}

async function make(client: Client, { user, password }: Access, major: number): Promise<void> {
  const name = identifier(user)
  const secret = password ? ` PASSWORD ${literal(await verifier(password))}` : ''
  await client.query('BEGIN')
  try {
    // Two sessions that change one role at once would fail.
    await client.query('SELECT pg_advisory_xact_lock($1)', [lockKey(`making ${user}`)])
    const found = await find(client, user, major)
    await client.query(`${found ? 'ALTER' : 'CREATE'} ROLE ${name} LOGIN${secret}`)
    await client.query(`COMMENT ON ROLE ${name} IS ${literal(comment)}`)
    if (!(await find(client, user, major))?.usable) {
      await client.query(`GRANT ${name} TO CURRENT_USER${major < 16 ? '' : ' WITH INHERIT TRUE, SET TRUE'}`)
    }
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {})
    throw error
  }
}

/** Drops the role unless it owns something, or somebody has given it rights. */
export async function dropLaneRole(client: PoolClient, user: string): Promise<void> {
  const name = laneRoleName(user)
  const { rows } = await client.query(
    `SELECT FROM pg_roles WHERE rolname = $1 AND shobj_description(oid, 'pg_authid') = $2`,
    [name, comment],
  )
  if (rows.length > 0) await client.query(`DROP ROLE ${identifier(name)}`).catch(() => {})
}

/** Rules of the server (pg_hba.conf) may name the roles they let in. */
async function mayLogIn(lane: Access, database: string): Promise<boolean> {
  try {
    await (await connect(lane, database)).end()
    return true
  } catch (error) {
    const state = sqlState(error) ?? ''
    // The role is let in, though not to this database.
    if (state === '42501') return true
    if (state.startsWith('28') || /SASL/.test(String(error))) return false
    throw error
  }
}
