import type { InstanceSpec } from '../../core/contracts.ts'
import { IsolaneError, messageOf } from '../../core/errors.ts'

export function unsupported(spec: InstanceSpec): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_RUNTIME_UNSUPPORTED',
    message: `The service ${spec.service} can't run in a container${spec.noContainer ? `: ${spec.noContainer}` : ''}`,
    remedy: 'use another runtime for it',
  })
}

export function noEngine({ reason, remedy }: { reason: string; remedy: string }): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_RUNTIME_UNSUPPORTED',
    message: `The runtime docker does not work here: ${reason}`,
    remedy,
  })
}

/** The engine's own words, without the client's numbers around them. */
export function engineReason(error: unknown): string {
  return messageOf(error)
    .replace(/^\(HTTP code \d+\) [^-]* - /, '')
    .trim()
}

export function statusOf(error: unknown): number | undefined {
  const status = (error as { statusCode?: unknown }).statusCode
  return typeof status === 'number' ? status : undefined
}

/** Whether no answer came at all: the engine restarts, or is gone. */
export function isUnanswered(error: unknown): boolean {
  const { code } = error as { code?: string }
  return statusOf(error) === undefined && code !== undefined && /^E[A-Z]+$/.test(code)
}

/** The engine's failure as our error when its disk is full; `undefined` for any other one. */
export function engineFull(address: string, error: unknown): IsolaneError | undefined {
  const reason = engineReason(error)
  if (!/no space left on device|disk quota exceeded/i.test(reason)) return undefined
  return new IsolaneError({
    code: 'ISOLANE_DISK_FULL',
    message: `The engine at ${address} has no space left on its disk: ${reason}`,
    remedy: 'free some there; `docker system df` shows what takes it',
    cause: error,
  })
}

/** Servers and their tools may print what they were given. */
export function withoutPassword(text: string, { credentials: { password } }: InstanceSpec): string {
  return password ? text.replaceAll(password, '•••') : text
}
