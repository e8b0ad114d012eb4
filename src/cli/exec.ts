import type { Command } from 'commander'
import { chosenConfig, runtimes, sidesOf } from '../builtin.ts'
import { failedTest } from '../core/failed-test.ts'
import { HeldLane } from '../core/held-lane.ts'
import { sourceVariable } from '../core/source-variable.ts'
import { type AfterRun, openStackHandle } from '../core/stack-handle.ts'
import { afterRunOf } from '../snapshots/after-run.ts'
import { lookAt } from './env/environments-of.ts'
import { connectUp, ownProjectConfig, projectConfig } from './project.ts'
import { runProgram } from './run-program.ts'
import { execOnSide } from './sides/exec.ts'
import { type EndSignal, endOnSignals } from './signals.ts'
import { clearProgress, terminalReport } from './terminal-report.ts'

export function addExec(program: Command): void {
  program
    .command('exec')
    .description("run a command with one lane's environment; with that of the active side's data where there are sides")
    .option('--env <environment>', 'with that of an environment of the stack that is up instead: dev')
    .argument('<command>', 'the program; put `--` before it')
    .argument('[arguments...]')
    .passThroughOptions()
    .action((program: string, rest: string[], { env }: { readonly env?: string }, command: Command) =>
      env === undefined ? exec(program, rest, command) : execIn(env, program, rest, command),
    )
}

async function exec(program: string, rest: readonly string[], command: Command): Promise<void> {
  let pass: ((signal: EndSignal) => void) | undefined
  const { signal } = endOnSignals((received) => pass?.(received))
  const own = await ownProjectConfig(command)
  const sides = sidesOf(own)
  const passSignals = (passing: (signal: EndSignal) => void) => {
    pass = passing
  }
  if (sides) {
    process.exitCode = await execOnSide(sides, program, rest, passSignals)
    return
  }
  const config = await chosenConfig(own, sides)
  const report = terminalReport()
  const afterRun = afterRunOf(config, report)
  const options = { config, runtimes, workers: 1, report, signal }
  const handle = await openStackHandle({ ...options, ...(afterRun ? { afterRun: unlessEnded(afterRun, signal) } : {}) })
  const { source } = handle
  try {
    const what = `isolane exec ${program}`
    const held = await HeldLane.lease(source, { what })
    signal.throwIfAborted()
    clearProgress()
    process.exitCode = await runProgram(program, rest, {
      env: { ...held.lane.env, ...sourceVariable(source) },
      localFolder: config.root,
      passSignals,
    })
    const failed = process.exitCode !== 0 && !signal.aborted
    if (failed && source.snapshot) process.stderr.write(`${await failedTest(held, what)}\n`)
    held.release()
  } finally {
    await handle.close()
  }
}

/** Nothing is leased: whoever works with an environment does so beside others. */
async function execIn(environment: string, program: string, rest: readonly string[], command: Command): Promise<void> {
  let pass: ((signal: EndSignal) => void) | undefined
  endOnSignals((received) => pass?.(received))
  const config = await projectConfig(command)
  const { client } = await connectUp(config)
  const { env } = await lookAt(config, client, environment)
  client.close()
  process.exitCode = await runProgram(program, rest, {
    env,
    localFolder: config.root,
    passSignals: (passing) => {
      pass = passing
    },
  })
}

/** A run that is ended by a signal saves nothing. */
function unlessEnded({ snapshot, save }: AfterRun, signal: AbortSignal): AfterRun {
  return { snapshot, save: async (client) => (signal.aborted ? [] : await save(client)) }
}
