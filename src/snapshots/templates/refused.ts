import { IsolaneError } from '../../core/errors.ts'

/** @param message what, to which file or service */
export function refused(message: string, remedy: string, cause?: unknown): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_TEMPLATE_REFUSED',
    message,
    remedy,
    ...(cause === undefined ? {} : { cause }),
  })
}

export function damaged(file: string, why: string, cause?: unknown): IsolaneError {
  return refused(`${file} is damaged: ${why}`, 'export it again; nothing was changed', cause)
}
