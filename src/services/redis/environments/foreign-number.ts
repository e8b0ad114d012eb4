import { IsolaneError } from '../../../core/errors.ts'
import type { PlaceNumbers } from '../numbers.ts'

/** One number of a server that is not ours: it can be read, and that is all. */
export function foreignNumber(number: number): PlaceNumbers {
  return {
    guard: ['', ''],
    of: () => number,
    takeScratch: async () => {
      throw notWritten()
    },
    giveScratch: async () => {},
    refilled: () => {},
    checkWhole: async () => {},
    regain: async () => false,
    lost: notWritten,
  }
}

/** Whoever reads it does without a copy, as where no number is left for one. */
function notWritten(): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_LANES_EXHAUSTED',
    message: 'Nothing is written to a server that is not ours',
    remedy: 'only read it',
  })
}
