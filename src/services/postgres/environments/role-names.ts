import { createHash } from 'node:crypto'
import type { EnvironmentId } from '../../../core/contracts.ts'

/** Users that an environment's database can have besides its owner. */
export const postgresRoles = ['app', 'readonly', 'backup', 'monitor'] as const

export type PostgresRole = (typeof postgresRoles)[number]

/** Whom an environment's users are, the owner of its database among them. */
export type EnvironmentUser = 'owner' | PostgresRole

/** PostgreSQL cuts longer names off, and some bytes are for a role's ending. */
const longest = 63 - '_readonly'.length

/** `tta_dev`: what an environment's database is called, and its owner. */
export function environmentName({ label }: Pick<EnvironmentId, 'label'>): string {
  const name = label.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_')
  if (name.length <= longest) return name
  return `${name.slice(0, longest - 9)}_${createHash('sha256').update(label).digest('hex').slice(0, 8)}`
}

/** Whom `DATABASE_URL` is. */
export function programUser(roles: readonly PostgresRole[]): EnvironmentUser {
  return roles.includes('app') ? 'app' : 'owner'
}

/** `tta_dev_app`; the owner is called as the database is. */
export function userName(owner: string, user: EnvironmentUser): string {
  return user === 'owner' ? owner : `${owner}_${user}`
}
