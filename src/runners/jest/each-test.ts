/** Jest's set-up file after the environment: resets between tests, clients' ends, and what a failure says of the lane. */
import { failedTest, jestGlobals, lastly, nameOf } from './circus.ts'
import { closeAfterTests, fileLane } from './file-lane.ts'
import { fileResults } from './file-results.ts'
import { workerModule } from './worker-module.ts'
import { stackIdOf } from './wrapped.ts'

const { addFileResults, heldLane, sourceOf, tellFailure } = workerModule()
const held = heldLane()

if (sourceOf(stackIdOf({ globals: globalThis })).reset === 'test') {
  // The first test finds the lane as it was leased, clean.
  let used = false
  jestGlobals().beforeEach(async () => {
    if (used) await (fileLane().opened?.lane ?? held).reset()
    used = true
  })
}

// The last of all hooks.
lastly('afterAll', async () => addFileResults(jestGlobals().expect.getState().testPath, fileResults()))
closeAfterTests()

lastly('afterEach', async () => {
  const test = failedTest()
  if (test) await tellFailure(nameOf(test))
})
