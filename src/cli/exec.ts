import type { Command } from 'commander'
import { execa } from 'execa'
import { runtimes } from '../builtin.ts'
import { LaneClient } from '../core/lane-client.ts'
import { sourceVariable } from '../core/source-variable.ts'
import { openStackHandle } from '../core/stack-handle.ts'
import { exitCodes } from './exit-codes.ts'
import { projectConfig } from './project.ts'
import { type EndSignal, endOnSignals, signalCode } from './signals.ts'
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
    const client = await LaneClient.connect(handle.address)
    const lane = await client.request('lease', { holder: { pid: process.pid, what: `isolane exec ${program}` } })
    signal.throwIfAborted()
    clearProgress()
    const child = execa(program, rest, {
      env: { ...lane.env, ...sourceVariable({ address: handle.address, reset: config.reset }) },
      stdio: 'inherit',
      reject: false,
      preferLocal: true,
      localDir: config.root,
      cleanup: false,
    })
    // A terminal sends its Ctrl-C to the child as well.
    pass = (received) => (received === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(received))
    process.exitCode = exitCodeOf(await child, program)
    client.close()
  } finally {
    await handle.close()
  }
}

interface Ended {
  readonly exitCode?: number | undefined
  readonly signal?: string | undefined
  readonly originalMessage?: string | undefined
}

/** What a shell would give. */
function exitCodeOf(ended: Ended, program: string): number {
  if (ended.exitCode !== undefined) return ended.exitCode
  if (ended.signal) return signalCode(ended.signal as NodeJS.Signals)
  process.stderr.write(`isolane: ${program} could not be started: ${ended.originalMessage}\n`)
  return exitCodes.notStarted
}
