import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import type { InstanceCommand, ProgramResult } from '../../core/contracts.ts'
import { expandCommand, feed, LastErrors, untilAborted } from '../../core/instance-command.ts'
import { atLastResort } from '../../core/last-resort.ts'
import { type Child, type Exit, startChild } from './child.ts'
import { baseEnvironment } from './command.ts'
import { programPath } from './engines/index.ts'
import { host, type Setup, withoutPassword } from './setup.ts'

/** Time a program gets to end by itself; in it `pg_dump` calls off what it has the server do. */
const grace = 2_000

/** Runs a program of the engine's as the user that runs the server. `undefined` when the engine has none of that name. */
export async function runProgram(
  command: InstanceCommand,
  setup: Setup,
  signal: AbortSignal,
): Promise<ProgramResult | undefined> {
  const program = programPath(setup.engine, command.program)
  if (!existsSync(program)) return undefined
  signal.throwIfAborted()
  const { arguments: words, environment } = expandCommand(command, host, setup.places.ports)
  const child = startChild(
    {
      program,
      arguments: words,
      environment: { ...baseEnvironment(setup), ...environment },
      folder: setup.workplace.private,
      user: setup.user,
      output: 'pipe',
      input: command.input ? 'pipe' : 'ignore',
      what: `${setup.engine.name}: ${command.program}`,
      stopSignal: 'SIGTERM',
      keep: setup.workplace.keep,
    },
    setup.context.run,
  )
  const takeBack = atLastResort(() => child.kill('SIGTERM'))
  try {
    const { exitCode, errors } = await untilAborted(converse(child, command), signal)
    return { exitCode, errors: withoutPassword(errors, setup.spec) }
  } catch (error) {
    await stop(child)
    throw error
  } finally {
    takeBack()
  }
}

async function converse(child: Child, command: InstanceCommand): Promise<ProgramResult> {
  const errors = new LastErrors()
  const takeOutput = async () => {
    for await (const piece of child.stdout ?? []) await command.output?.(piece)
  }
  const takeErrors = async () => {
    for await (const piece of child.stderr ?? []) errors.add(piece)
  }
  const giveInput = async () => {
    if (child.stdin && command.input) await feed(child.stdin, command.input)
  }
  const [exit] = await Promise.all([child.exited, takeOutput(), takeErrors(), giveInput()])
  if (exit.error) throw exit.error
  return { exitCode: exitCodeOf(exit), errors: errors.toString() }
}

async function stop(child: Child): Promise<void> {
  child.kill('SIGTERM')
  const insist = setTimeout(() => child.kill('SIGKILL'), grace)
  await child.exited
  clearTimeout(insist)
}

/** As a shell tells of a program that a signal has ended. */
function exitCodeOf({ code, signal }: Exit): number {
  return code ?? 128 + (signal ? constants.signals[signal] : 0)
}
