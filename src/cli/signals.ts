import { constants } from 'node:os'
import { IsolaneError } from '../core/errors.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export type EndSignal = (typeof signals)[number]

export interface SignalWatch {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal
  /** Stops watching: from now on a signal ends the process at once. */
  finish(): void
}

let received: EndSignal | undefined

/** The first signal that told this process to end. */
export function receivedSignal(): EndSignal | undefined {
  return received
}

/**
 * Turns Ctrl-C and its kin into an abort, so that what was begun is unwound. A second one ends the process at once,
 * unless `onEach` takes them; what that leaves behind is removed by the next run.
 */
export function endOnSignals(onEach?: (signal: EndSignal) => void): SignalWatch {
  const stop = new AbortController()
  const receive = (signal: EndSignal) => {
    if (received !== undefined && !onEach) process.exit(signalCode(signal))
    received ??= signal
    stop.abort(endedBy(signal))
    onEach?.(signal)
  }
  for (const signal of signals) process.on(signal, receive)
  return {
    signal: stop.signal,
    finish: () => {
      for (const signal of signals) process.off(signal, receive)
    },
  }
}

/** What a shell tells of a program that a signal ended. */
export function signalCode(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal]
}

function endedBy(signal: EndSignal): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_ABORTED',
    message: `Ended by ${signal}`,
    remedy: 'what had begun was undone; run it again',
  })
}
