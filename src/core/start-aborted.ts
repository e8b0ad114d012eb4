import type { InstanceSpec } from './contracts.ts'
import { IsolaneError } from './errors.ts'

/** For a runtime whose start was called off by its signal. */
export function startAborted(spec: InstanceSpec, signal: AbortSignal): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_ABORTED',
    message: `The start of ${spec.service} was called off`,
    remedy: 'nothing of it is left; start again',
    cause: signal.reason,
  })
}
