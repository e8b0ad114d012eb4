import { closeSync, openSync, statSync } from 'node:fs'
import { IsolaneError } from '../../core/errors.ts'
import { type Child, describeExit, startChild } from './child.ts'
import { prepareCommand } from './command.ts'
import { grace } from './end-process.ts'
import { guard } from './exit-guard.ts'
import { lastLog } from './log.ts'
import { readFrom, waitUntilReady } from './readiness.ts'
import { host, type Setup, title } from './setup.ts'
import type { Workplace } from './workplace.ts'

/** Milliseconds that a server gets to become ready, and to stop. A durable one may have to recover first. */
const startTimeout = { plain: 30_000, java: 60_000, durable: 300_000 }
const stopGrace = { forgetful: 10_000, durable: grace.durable }

/** The server found its port taken after all. */
export class AddressInUse extends Error {}

/** Starts the server and waits until it answers. @throws AddressInUse, ISOLANE_START_FAILED, ISOLANE_START_TIMED_OUT */
export async function serve(setup: Setup, signal: AbortSignal): Promise<Child> {
  const { native, workplace } = setup
  const logOffset = statSync(workplace.logFile).size
  const child = launch(setup)
  try {
    const timeout = startTimeout[workplace.keep !== undefined ? 'durable' : setup.engine.java ? 'java' : 'plain']
    const ready = { ready: native.ready, host, ports: setup.places.ports, logFile: workplace.logFile, logOffset }
    const outcome = await waitUntilReady({ ...ready, child, timeout, signal })
    if (outcome === 'ready') {
      child.holdUs(false)
      return child
    }
    if (
      outcome === 'exited' &&
      /address already in use|EADDRINUSE|BindException/i.test(readFrom(workplace.logFile, logOffset))
    ) {
      throw new AddressInUse()
    }
    throw await startFailure(setup, child, outcome, timeout)
  } catch (error) {
    await stop(child, workplace.keep === undefined ? 'SIGKILL' : native.stopSignal, workplace)
    throw error
  }
}

/** Ends a server: asks first, insists after a grace. */
export async function stop(child: Child, stopSignal: NodeJS.Signals, { keep }: Workplace): Promise<void> {
  child.holdUs(true)
  child.kill(stopSignal)
  const insist = setTimeout(() => child.kill('SIGKILL'), stopGrace[keep === undefined ? 'forgetful' : 'durable'])
  await child.exited
  clearTimeout(insist)
}

function launch(setup: Setup): Child {
  const { native, workplace } = setup
  const command = prepareCommand(native.serve, setup)
  const log = openSync(workplace.logFile, 'a')
  try {
    const child = startChild(
      {
        ...command,
        folder: workplace.data,
        user: setup.user,
        output: log,
        input: native.endsWithInput || command.input !== undefined ? 'pipe' : 'ignore',
        what: `${title(setup)} server`,
        stopSignal: native.stopSignal,
        keep: workplace.keep,
      },
      setup.context.run,
    )
    // The pipe breaks when the server ends; that is told by its exit.
    child.stdin?.on('error', () => {})
    if (command.input !== undefined) child.stdin?.write(command.input)
    if (!native.endsWithInput) child.stdin?.end()
    guard(child, native.stopSignal, workplace)
    return child
  } finally {
    closeSync(log)
  }
}

async function startFailure(
  setup: Setup,
  child: Child,
  outcome: 'exited' | 'timed-out',
  timeout: number,
): Promise<IsolaneError> {
  const output = lastLog(setup)
  if (outcome === 'timed-out') {
    return new IsolaneError({
      code: 'ISOLANE_START_TIMED_OUT',
      message: `${title(setup)} was not ready after ${timeout / 1000} s`,
      remedy: 'see what it last wrote below; a machine this busy may need fewer lanes or workers',
      output,
    })
  }
  const exit = child.exit ?? (await child.exited)
  return new IsolaneError({
    code: 'ISOLANE_START_FAILED',
    message: `${title(setup)} did not start: ${setup.engine.origin} ${describeExit(exit)}`,
    remedy: 'see what it last wrote below',
    output,
    ...(exit.error ? { cause: exit.error } : {}),
  })
}
