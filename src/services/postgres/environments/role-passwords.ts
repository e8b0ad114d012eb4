import { createHmac } from 'node:crypto'
import type { Credentials, EnvironmentId } from '../../../core/contracts.ts'
import { verifier } from '../role.ts'
import type { EnvironmentUser } from './role-names.ts'

/** @param rotation how often it was changed */
export function userPassword(
  { name, password }: Pick<EnvironmentId, 'name' | 'password'>,
  user: EnvironmentUser,
  rotation: number,
  credentials: Credentials,
): string {
  if (password !== undefined) return password
  // JSON, so that no two of these read alike.
  const what = JSON.stringify(['isolane environment', name, user, rotation])
  return createHmac('sha256', credentials.password).update(what).digest('base64url').slice(0, 32)
}

/** Whether what the server stores was made from a password. */
export async function isVerifierOf(stored: string | null, password: string): Promise<boolean> {
  const salt = /^SCRAM-SHA-256\$\d+:([^$]+)\$/.exec(stored ?? '')?.[1]
  return salt !== undefined && stored === (await verifier(password, Buffer.from(salt, 'base64')))
}
