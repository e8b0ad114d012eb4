/** Jest's set-up file: leases this worker's lane before the test file and its imports are loaded. */
import { setVariables } from '../../core/process-variables.ts'
import { workerModule } from './worker-module.ts'
import { stackIdOf } from './wrapped.ts'

// Jest awaits the function that a set-up file is.
module.exports = async (): Promise<void> => {
  setVariables(await workerModule().leaseForFile(stackIdOf({ globals: globalThis })))
}
