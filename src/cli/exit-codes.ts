import { isIsolaneError, messageOf } from '../core/errors.ts'
import { harmless } from '../core/harmless.ts'
import { receivedSignal, signalCode } from './signals.ts'
import { clearProgress } from './terminal-report.ts'

/** What the command line exits with; docs/command-line.md lists them. A signal gives 128 and its number. */
export const exitCodes = {
  /** It did what it was asked. */
  done: 0,
  /** It failed; the first line on standard error says why. */
  failed: 1,
  /** The command line is not understood. */
  usage: 2,
  /** `status`, `down`, `logs`, `open`: no stack is up. */
  notUp: 3,
  /** `doctor`: at least one check failed. `verify-isolation`: something is not apart. */
  unwell: 4,
  /** `init`, `snapshot restore --into`, `snapshot remove`, `wipe`, `undo`, `import`, `down --data`: nothing was changed, as nobody could be asked or the answer was no. */
  notWritten: 5,
  /** `snapshot diff`: something has changed. `upgrade`: data or schema differ, and nothing failed. */
  different: 6,
  /** `exec`: the command could not be started. */
  notStarted: 127,
} as const

/** Tells what went wrong, and returns the exit code. */
export function reportFailure(error: unknown): number {
  // What is no IsolaneError is a fault of ours, so its stack is worth more than a tidy line.
  const text = error instanceof Error && !isIsolaneError(error) ? error.stack : messageOf(error)
  clearProgress()
  process.stderr.write(`isolane: ${harmless(String(text))}\n`)
  return failureCode(error)
}

function failureCode(error: unknown): number {
  const signal = receivedSignal()
  if (signal) return signalCode(signal)
  if (isIsolaneError(error, 'ISOLANE_STACK_NOT_UP')) return exitCodes.notUp
  return exitCodes.failed
}
