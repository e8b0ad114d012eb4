import { isIsolaneError, messageOf } from '../core/errors.ts'
import type { Finding } from './report.ts'

/** A migration's own error as a finding. @throws the error, when it is none of a migration's */
export function errorFinding(kind: Finding['kind'], what: string, error: unknown): Finding {
  if (!isIsolaneError(error, 'ISOLANE_MIGRATION_FAILED', 'ISOLANE_SEED_FAILED')) throw error
  const { reason, output } = error
  return { kind, text: `${what}: ${reason ?? messageOf(error)}`, ...(output ? { details: output.split('\n') } : {}) }
}
