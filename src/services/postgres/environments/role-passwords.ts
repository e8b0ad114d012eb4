import { createHmac } from 'node:crypto'
import type { Credentials, EnvironmentId } from '../../../core/contracts.ts'
import { verifier } from '../role.ts'
import { type EnvironmentUser, type PostgresRole, programUser } from './role-names.ts'

export interface PasswordParts {
  readonly environment: Pick<EnvironmentId, 'name' | 'password'>
  /** What the options say: any, or none. */
  readonly roles: readonly PostgresRole[]
  /** The instance's. */
  readonly credentials: Credentials
}

/**
 * A password that the config gives is that of whom `DATABASE_URL` is; the others' can't be told from it, nor it from theirs,
 * and change with it.
 * @param rotation how often it was changed
 */
export function userPassword(
  { environment, roles, credentials }: PasswordParts,
  user: EnvironmentUser,
  rotation: number,
): string {
  const { name, password } = environment
  if (password !== undefined && user === programUser(roles)) return password
  // JSON, so that no two of these read alike.
  const what = JSON.stringify([
    'isolane environment',
    name,
    user,
    rotation,
    ...(password === undefined ? [] : [password]),
  ])
  return createHmac('sha256', credentials.password).update(what).digest('base64url').slice(0, 32)
}

/** Whether what the server stores was made from a password. */
export async function isVerifierOf(stored: string | null, password: string): Promise<boolean> {
  const salt = /^SCRAM-SHA-256\$\d+:([^$]+)\$/.exec(stored ?? '')?.[1]
  return salt !== undefined && stored === (await verifier(password, Buffer.from(salt, 'base64')))
}
