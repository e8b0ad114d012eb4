import { join } from 'node:path'
import type { Command } from 'commander'
import { runtimes } from '../../builtin.ts'
import { cacheFolder, stateFolder } from '../../core/folders.ts'
import { Run } from '../../core/run.ts'
import { RuntimeSet } from '../../core/runtime-choice.ts'
import { planTemplates, type TemplatePlan } from '../../snapshots/templates/plan.ts'
import { projectConfig } from '../project.ts'
import { endOnSignals } from '../signals.ts'
import { clearProgress, terminalReport } from '../terminal-report.ts'

/** Does something with the templates of the project's stack. What it starts ends with it. */
export async function withTemplates(command: Command, work: (plan: TemplatePlan) => Promise<void>): Promise<void> {
  const { signal, finish } = endOnSignals()
  const config = await projectConfig(command)
  const report = terminalReport()
  const run = new Run(join(stateFolder(), 'runs'), config.root)
  try {
    const set = new RuntimeSet(runtimes, { run, cacheFolder: cacheFolder(), report })
    await work(await planTemplates({ config, runtimes: set, report, signal }))
  } finally {
    clearProgress()
    run.end()
    finish()
  }
}
