import type { ResolvedConfig } from '../../core/config.ts'
import { IsolaneError } from '../../core/errors.ts'
import type { Journal } from '../../migrate/journal.ts'

export function noEnvironments({ root }: ResolvedConfig): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `The config of ${root} names no environments to migrate into`,
    remedy: 'name some: `environments: { dev: {}, test: { lanes: true }, staging: { protected: true } }`',
  })
}

export function unfinished({ startedAt }: Journal): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_MIGRATE_FAILED',
    message: `A migration that was begun at ${startedAt} is not complete`,
    remedy: 'go on with it (`isolane migrate --resume`), or take it back (`isolane migrate --rollback`)',
  })
}
