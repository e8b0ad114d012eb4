import { IsolaneError, messageOf } from '../../core/errors.ts'

/** Jest's watch mode runs nothing any more after a set-up that threw, so there each test file fails in its place. */
const variable = 'ISOLANE_SETUP_FAILURE'

/** Has the workers that are started from now on fail with it. */
export function passOnFailure(error: unknown): void {
  process.env[variable] = messageOf(error)
}

export function forgetFailure(): void {
  delete process.env[variable]
}

/** @throws ISOLANE_SETUP_FAILED */
export function checkSetup(): void {
  const failure = process.env[variable]
  if (!failure) return
  throw new IsolaneError({
    code: 'ISOLANE_SETUP_FAILED',
    message: "Isolane's set-up failed, so this file does not run",
    remedy: 'correct what is said below, then run the tests again; each run tries the set-up again',
    output: failure,
  })
}
