import { execa } from 'execa'
import { processVariables } from '../core/process-variables.ts'
import { exitCodes } from './exit-codes.ts'
import { type EndSignal, signalCode } from './signals.ts'

export interface RunProgramOptions {
  /** On top of ours, of which those that lead past a lane are left out. */
  readonly env: Readonly<Record<string, string>>
  /** Programs in the `node_modules/.bin` of this folder are found. */
  readonly localFolder: string
  /** Is given what passes signals on to the program. */
  passSignals(pass: (signal: EndSignal) => void): void
}

/** Runs a program in our place: it has our terminal and our signals. @returns what a shell would give. */
export async function runProgram(
  program: string,
  rest: readonly string[],
  { env, localFolder, passSignals }: RunProgramOptions,
): Promise<number> {
  const child = execa(program, rest, {
    env: processVariables(env),
    stdio: 'inherit',
    reject: false,
    preferLocal: true,
    localDir: localFolder,
    cleanup: false,
  })
  // A terminal sends its Ctrl-C to the child as well.
  passSignals((signal) => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal)))
  const { exitCode, signal, originalMessage } = await child
  if (exitCode !== undefined) return exitCode
  if (signal) return signalCode(signal)
  process.stderr.write(`isolane: ${program} could not be started: ${originalMessage}\n`)
  return exitCodes.notStarted
}
