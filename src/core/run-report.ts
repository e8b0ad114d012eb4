import { writeFileSync } from 'node:fs'
import { withMemory } from './process-memory.ts'
import type { StackStatus } from './stack.ts'

/** `ISOLANE_REPORT_FILE` names a file to leave the run's figures in, as JSON. */
export async function writeReport(status: () => Promise<StackStatus>): Promise<void> {
  const file = process.env.ISOLANE_REPORT_FILE
  if (file) writeFileSync(file, `${JSON.stringify(withMemory(await status()), undefined, 2)}\n`)
}
