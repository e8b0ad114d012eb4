import type { EnvironmentId } from '../../../core/contracts.ts'

/** An environment's label as Neo4j allows it for a database: a letter first, then letters, digits, dots and dashes. */
export function environmentDatabase({ label }: Pick<EnvironmentId, 'label'>): string {
  const allowed = label.toLowerCase().replaceAll(/[^a-z0-9.-]/g, '-')
  const name = /^[a-z]/.test(allowed) && !allowed.startsWith('system') ? allowed : `db-${allowed}`
  return name.padEnd(3, '-').slice(0, 63)
}
