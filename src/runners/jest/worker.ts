/** The part of a Jest worker that lives as long as its process or thread: it holds the lane from file to file. */
import { IsolaneError } from '../../core/errors.ts'
import { failedTest } from '../../core/failed-test.ts'
import type { HeldLane, LaneSource } from '../../core/held-lane.ts'
import { type ProcessVariables, processVariables, setVariables } from '../../core/process-variables.ts'
import { sourceFromEnvironment } from '../../core/source-variable.ts'
import { leaseForWorker, workerLane } from '../../core/worker-lane.ts'
import { addResults, type FileResult, resultsFile } from '../../matrix/add-results.ts'
import { checkSetup } from './failed-setup.ts'

export { restoreSaved } from '../../restore-saved.ts'

/** Leases the lane of the test file that starts now, or makes the worker's own clean. @returns its variables. */
export async function leaseForFile(stackId: string): Promise<ProcessVariables> {
  const id = process.env.JEST_WORKER_ID ?? ''
  const worker = { what: `jest worker ${id}`.trim(), ...(Number(id) > 0 ? { number: Number(id) } : {}) }
  // Nothing of an earlier file's modules is left.
  const { lane } = await leaseForWorker(sourceOf(stackId), worker, {})
  // What a test starts (`spawn`) inherits this environment, not the test file's copy.
  const variables = processVariables(lane.env)
  setVariables(variables)
  return variables
}

/** The lane of the test file that runs. @throws ISOLANE_SETUP_MISSING */
export function heldLane(): HeldLane {
  const held = workerLane()
  if (held) return held
  throw new IsolaneError({
    code: 'ISOLANE_SETUP_MISSING',
    message: 'This Jest worker holds no lane',
    remedy: "set `preset: 'isolane'`, wrap the Jest config in `withIsolane`, or set setupFiles: ['isolane/jest/lane']",
  })
}

/** Says of a test that failed where its lane is. The test's `console` would put a frame of ours below each line. */
export async function tellFailure(test: string): Promise<void> {
  process.stderr.write(`${await failedTest(heldLane(), test)}\n`)
}

/** For `ISOLANE_RESULTS_FILE`. Here, because a test file may have a `node:fs` of its own. */
export function addFileResults(path: string | undefined, tests: readonly FileResult[]): void {
  const file = resultsFile()
  // None: jest-jasmine2 tells nothing.
  if (file !== undefined && path !== undefined && tests.length > 0) addResults(file, path, tests)
}

/** @throws ISOLANE_SETUP_FAILED, ISOLANE_SETUP_MISSING */
export function sourceOf(stackId: string): LaneSource {
  checkSetup()
  const source = sourceFromEnvironment(stackId)
  if (source) return source
  throw new IsolaneError({
    code: 'ISOLANE_SETUP_MISSING',
    message: "This Jest run has no stack to lease a lane from, as Isolane's global set-up did not run",
    remedy:
      'where the config has a `globalSetup` of its own beside the preset, wrap it in `withIsolane` (isolane/jest) in place ' +
      "of the preset; by hand, set globalSetup: 'isolane/jest/setup'",
  })
}
