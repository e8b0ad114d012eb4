import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import type { Credentials } from '../../core/contracts.ts'
import type { Access, Client } from './client.ts'
import { identifier, literal } from './sql.ts'

/** Owns templates and lanes; what tests log in as. No superuser, so tests meet the rules that production has. */
export const laneRole = 'isolane'

/**
 * The lane role's password: random because the stack's password is, the same for every session on one instance, and
 * no way back to the stack's.
 */
export function laneCredentials(credentials: Credentials): Credentials {
  const password = createHmac('sha256', credentials.password).update('isolane lanes').digest('base64url').slice(0, 32)
  return { username: laneRole, password }
}

/** Makes sure of the lane role, and that the stack's own credentials work where we came in without them. */
export async function ensureRoles(admin: Client, access: Access, credentials: Credentials): Promise<void> {
  const lane = laneCredentials(credentials)
  const { rows } = await admin.query<{ rolname: string }>('SELECT rolname FROM pg_roles WHERE rolname = ANY ($1)', [
    [lane.username, credentials.username],
  ])
  const existing = rows.map((row) => row.rolname)
  const statements = [await loginRole(lane, 'NOSUPERUSER', existing)]
  if (access.password === undefined) statements.push(await loginRole(credentials, 'SUPERUSER', existing))
  await admin.query(statements.join(';'))
}

async function loginRole(credentials: Credentials, rights: string, existing: readonly string[]): Promise<string> {
  const verb = existing.includes(credentials.username) ? 'ALTER' : 'CREATE'
  const secret = literal(await verifier(credentials.password))
  return `${verb} ROLE ${identifier(credentials.username)} LOGIN ${rights} PASSWORD ${secret}`
}

/** What the server stores instead of a SCRAM password (RFC 5803), so that no statement holds the password itself. */
export async function verifier(password: string, salt = randomBytes(16)): Promise<string> {
  const iterations = 4096
  const salted = await promisify(pbkdf2)(password, salt, iterations, 32, 'sha256')
  const stored = createHash('sha256').update(hmac(salted, 'Client Key')).digest('base64')
  const server = hmac(salted, 'Server Key').toString('base64')
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${server}`
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
