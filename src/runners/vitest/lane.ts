/** Vitest's set-up file: leases this worker's lane before the test file and its imports are loaded. */
import { afterAll, beforeEach, inject } from 'vitest'
import { IsolaneError } from '../../core/errors.ts'
import { failedTest } from '../../core/failed-test.ts'
import { processVariables, setVariables } from '../../core/process-variables.ts'
import { leaseForWorker } from '../../core/worker-lane.ts'
import { hasAttemptsLeft, nameOf, type RunTask } from './failing.ts'
import type { ProvidedIsolane } from './provided.ts'

const provided = inject('isolane') as ProvidedIsolane | undefined
if (!provided?.source) throw noStack(provided)
const { source } = provided

// Vitest 3 leaves a worker running, and ever busier, when its main process is gone. Its `process.exit` only throws.
if (process.connected && process.listenerCount('disconnect') === 0) {
  process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'))
}

const number = Number(process.env.VITEST_POOL_ID)
const held = await leaseForWorker(source, {
  what: `vitest worker ${process.env.VITEST_POOL_ID ?? ''}`.trim(),
  ...(Number.isInteger(number) && number > 0 ? { number } : {}),
})
setVariables(processVariables(held.lane.env))

if (source.reset === 'test') {
  // The first test finds the lane as it was leased, clean.
  let used = false
  beforeEach(async () => {
    if (used) await held.reset()
    used = true
  })
}

// Last of a failed test's hooks: what they do to the lane is part of what the file leaves.
beforeEach(({ task, onTestFailed }) => {
  onTestFailed(async () => {
    if (!hasAttemptsLeft(task)) console.error(await failedTest(held, nameOf(task)))
  })
})

// Bound, because Vitest reads the fixtures that a hook needs from its parameters.
afterAll(tellFailedFile.bind(undefined))

/** A `beforeAll` has failed, so that there is no test that could have. Vitest gives the file last, after what differs. */
async function tellFailedFile(...given: unknown[]): Promise<void> {
  const file = given.at(-1) as RunTask
  if (file.result?.state === 'fail') console.error(await failedTest(held, file.name))
}

function noStack(provided: ProvidedIsolane | undefined): IsolaneError {
  return provided?.failure === undefined
    ? new IsolaneError({
        code: 'ISOLANE_SETUP_MISSING',
        message: 'This worker has no stack to lease a lane from',
        remedy: "add `plugins: [isolane()]` to the Vitest config, or globalSetup: 'isolane/vitest/setup'",
      })
    : new IsolaneError({
        code: 'ISOLANE_SETUP_FAILED',
        message: "Isolane's set-up failed, so this file does not run",
        remedy: 'correct what is said below and start Vitest again',
        output: provided.failure,
      })
}
