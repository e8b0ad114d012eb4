import { join } from 'node:path'
import { runtimes } from '../../builtin.ts'
import type { ResolvedConfig } from '../../core/config.ts'
import { cacheFolder, stateFolder } from '../../core/folders.ts'
import { Run } from '../../core/run.ts'
import { RuntimeSet } from '../../core/runtime-choice.ts'
import type { Reading } from '../../migrate/foreign-lanes.ts'
import { endOnSignals } from '../signals.ts'
import { terminalReport } from '../terminal-report.ts'

/** What old databases are read with, such as a `pg_dump`, for as long as the work takes. */
export async function withReading(config: ResolvedConfig, work: (reading: Reading) => Promise<void>): Promise<void> {
  const watch = endOnSignals()
  const report = terminalReport()
  const run = new Run(join(stateFolder(), 'runs'), config.root)
  try {
    const set = new RuntimeSet(runtimes, { run, cacheFolder: cacheFolder(), report })
    const { signal } = watch
    await work({ config, report, signal, programs: (engine) => set.programs(engine, signal) })
  } finally {
    run.end()
    watch.finish()
  }
}
