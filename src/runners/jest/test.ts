import type { WorkerLane } from 'isolane'
import { openLane } from '../../open-lane.ts'
import { closeAfterTests, fileLane } from './file-lane.ts'
import { workerModule } from './worker-module.ts'

export type { WorkerLane } from 'isolane'
export { expectEmpty } from '../../expect-empty.ts'

closeAfterTests()

/**
 * The lane of the test file that runs: endpoints, `env`, `reset()`, and clients that are closed when the file ends.
 * @throws ISOLANE_SETUP_MISSING where the worker holds none
 */
export function lane(): WorkerLane {
  const file = fileLane()
  const { heldLane, restoreSaved } = workerModule()
  file.opened ??= openLane(heldLane(), restoreSaved)
  return file.opened.lane
}
