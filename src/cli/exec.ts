import type { Command } from 'commander'
import { runtimes } from '../builtin.ts'
import { LaneClient } from '../core/lane-client.ts'
import { sourceVariable } from '../core/source-variable.ts'
import { openStackHandle } from '../core/stack-handle.ts'
import { projectConfig } from './project.ts'
import { runProgram } from './run-program.ts'
import { type EndSignal, endOnSignals } from './signals.ts'
import { clearProgress, terminalReport } from './terminal-report.ts'

export function addExec(program: Command): void {
  program
    .command('exec')
    .description("run a command with one lane's environment")
    .argument('<command>', 'the program; put `--` before it')
    .argument('[arguments...]')
    .passThroughOptions()
    .action((program: string, rest: string[], _options: unknown, command: Command) => exec(program, rest, command))
}

async function exec(program: string, rest: readonly string[], command: Command): Promise<void> {
  let pass: ((signal: EndSignal) => void) | undefined
  const { signal } = endOnSignals((received) => pass?.(received))
  const config = await projectConfig(command)
  const handle = await openStackHandle({ config, runtimes, workers: 1, report: terminalReport(), signal })
  try {
    const client = await LaneClient.connect(handle.source.address)
    const lane = await client.request('lease', { holder: { pid: process.pid, what: `isolane exec ${program}` } })
    signal.throwIfAborted()
    clearProgress()
    process.exitCode = await runProgram(program, rest, {
      env: { ...lane.env, ...sourceVariable(handle.source) },
      localFolder: config.root,
      passSignals: (passing) => {
        pass = passing
      },
    })
    client.close()
  } finally {
    await handle.close()
  }
}
