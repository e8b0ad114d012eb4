import { test as base } from 'vitest'
import { IsolaneError } from '../../core/errors.ts'
import type { HeldLane } from '../../core/held-lane.ts'
import { workerLane } from '../../core/worker-lane.ts'
import { openLane, type WorkerLane } from '../../open-lane.ts'
import { restoreSaved } from '../../restore-saved.ts'

export { expectEmpty } from '../../expect-empty.ts'
export type { WorkerLane } from '../../open-lane.ts'

/** Vitest's `test` with this worker's lane as a fixture: endpoints, clients, `env`, `reset()`. Clients end with the test. */
export const test = base.extend<{ lane: WorkerLane }>({
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads a fixture's needs from this pattern.
  lane: async ({}, use) => {
    const { lane, close } = openLane(heldLane(), restoreSaved)
    try {
      await use(lane)
    } finally {
      await close()
    }
  },
})

function heldLane(): HeldLane {
  const held = workerLane()
  if (held) return held
  throw new IsolaneError({
    code: 'ISOLANE_SETUP_MISSING',
    message: 'This worker holds no lane',
    remedy: "add `plugins: [isolane()]` to the Vitest config, or setupFiles: 'isolane/vitest/lane'",
  })
}
