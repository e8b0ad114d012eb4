import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname } from 'node:path'
import type { NativeCommand } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'
import { describeExit, type Exit, startChild } from './child.ts'
import { type ProvidedEngine, programPath } from './engines/index.ts'
import { expand, namesMissingWarmFile } from './placeholders.ts'
import { type Setup, title, withoutPassword } from './setup.ts'
import { handOver } from './user.ts'

/** A command with every placeholder replaced. */
export interface ReadyCommand {
  readonly program: string
  readonly arguments: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly input: string | undefined
}

const deadline = 120_000

/** Writes the command's files, and replaces its placeholders. */
export function prepareCommand(command: NativeCommand, setup: Setup): ReadyCommand {
  const { places } = setup
  for (const [path, text] of Object.entries(command.files ?? {})) {
    const file = expand(path, places)
    mkdirSync(dirname(file), { recursive: true })
    // A kept folder is the server's own: no link that it may have put there is followed.
    rmSync(file, { force: true })
    writeFileSync(file, expand(text, places), { mode: 0o600, flag: 'wx' })
    handOver(file, setup.user)
  }
  const java = command.program === 'java' ? javaArguments(setup) : []
  const environment = Object.entries(command.environment ?? {}).map(([name, text]) => [name, expand(text, places)])
  return {
    program: programPath(setup.engine, command.program),
    arguments: [...java, ...command.arguments]
      .filter((argument) => setup.isWarming || !namesMissingWarmFile(argument, places))
      .map((argument) => expand(argument, places)),
    environment: { ...baseEnvironment(setup), ...Object.fromEntries(environment) },
    input: command.input === undefined ? undefined : expand(command.input, places),
  }
}

/** Runs a command to its end. @throws ISOLANE_START_FAILED with its output */
export async function runCommand(
  command: NativeCommand,
  purpose: string,
  setup: Setup,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted()
  const ready = prepareCommand(command, setup)
  const child = startChild(
    {
      ...ready,
      folder: setup.workplace.data,
      user: setup.user,
      output: 'pipe',
      input: ready.input === undefined ? 'ignore' : 'pipe',
      what: `${setup.engine.name}: ${command.program}`,
      stopSignal: 'SIGTERM',
      keep: setup.workplace.keep,
    },
    setup.context.run,
  )
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-16_384)
    })
  }
  // A program that ends without reading its input breaks the pipe; its exit code tells more.
  child.stdin?.on('error', () => {}).end(ready.input)
  const kill = () => child.kill('SIGKILL')
  const timer = setTimeout(kill, deadline)
  signal.addEventListener('abort', kill, { once: true })
  const exit = await child.exited
  clearTimeout(timer)
  signal.removeEventListener('abort', kill)
  signal.throwIfAborted()
  if (exit.code !== 0) throw commandFailed(ready.program, purpose, exit, output, setup)
}

function commandFailed(program: string, purpose: string, exit: Exit, output: string, setup: Setup): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_START_FAILED',
    message: `${title(setup)} could not be ${purpose}: ${program} ${describeExit(exit)}`,
    remedy: 'see its output below',
    output: withoutPassword(output, setup.spec),
    ...(exit.error ? { cause: exit.error } : {}),
  })
}

function javaArguments({ native, engine }: Setup): string[] {
  const major = engine.java?.major ?? 0
  return (native.engine.java?.arguments ?? [])
    .filter(({ from, to = Number.POSITIVE_INFINITY }) => major >= from && major <= to)
    .flatMap((entry) => [...entry.arguments])
}

/**
 * Nothing of the user's environment reaches a server: `PGDATA`, `JAVA_TOOL_OPTIONS` or a locale would change what it
 * does, and its data folder is cached for every other run.
 */
export function baseEnvironment({ engine, workplace }: Setup): Record<string, string> {
  const java: Record<string, string> = engine.java ? { JAVA_HOME: engine.java.home } : {}
  const own = { HOME: workplace.data, TMPDIR: workplace.private, LC_ALL: engine.java ? 'C.UTF-8' : 'C', ...java }
  if (process.platform !== 'win32') return { PATH: path(engine, '/usr/local/bin:/usr/bin:/bin'), ...own }
  const windows = ['SystemRoot', 'SystemDrive', 'windir', 'COMSPEC', 'NUMBER_OF_PROCESSORS', 'PATHEXT']
  const kept = windows.flatMap((name) => (process.env[name] ? [[name, process.env[name] ?? '']] : []))
  return {
    PATH: path(engine, process.env.PATH ?? ''),
    ...Object.fromEntries(kept),
    ...own,
    TEMP: workplace.private,
    TMP: workplace.private,
  }
}

function path(engine: ProvidedEngine, rest: string): string {
  return `${engine.programsFolder}${delimiter}${rest}`
}
