import type { OpenLane } from '../../open-lane.ts'
import { lastly } from './circus.ts'

/** What is shared by all modules of one test file. They may be loaded more than once (`jest.resetModules`). */
interface FileLane {
  /** Once the file has asked for its lane. */
  opened?: OpenLane
  closes?: true
}

const key = Symbol.for('isolane.jest.file')
const home = globalThis as { [key]?: FileLane }

export function fileLane(): FileLane {
  home[key] ??= {}
  return home[key]
}

/** Has the lane's clients end after all hooks of the file. */
export function closeAfterTests(): void {
  const file = fileLane()
  if (file.closes) return
  file.closes = true
  lastly('afterEach', async () => file.opened?.endTest())
  lastly('afterAll', async () => file.opened?.close())
}
