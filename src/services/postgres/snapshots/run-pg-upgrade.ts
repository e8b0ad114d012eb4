import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { InstanceCommand, ProgramResult } from '../../../core/contracts.ts'
import { initialSuperuser } from '../spec.ts'
import type { RunProgram, ScratchCluster } from './scratch-cluster.ts'
import { closed } from './tools.ts'
import type { UpgradePrograms } from './upgrade-programs.ts'

/** How much of what a program wrote is told, in characters. */
const told = 8_192

/** What the servers that it starts take memory from goes with their folder, however they end. */
const harmless = '-c dynamic_shared_memory_type=mmap'

/**
 * Makes the new cluster what the old one was; neither may run. With links rather than copies, as the old one is there for
 * this alone.
 * @param folder where it may write files
 */
export async function runPgUpgrade(
  run: RunProgram,
  folder: string,
  programs: UpgradePrograms,
  before: ScratchCluster,
  after: ScratchCluster,
): Promise<void> {
  const words = [
    `--old-bindir=${programs.old}`,
    `--new-bindir=${programs.new}`,
    `--old-datadir=${before.data}`,
    `--new-datadir=${after.data}`,
    `--old-port=${before.access.port}`,
    `--new-port=${after.access.port}`,
    `--old-options=${harmless}`,
    `--new-options=${harmless}`,
    `--socketdir=${before.access.host}`,
    `--username=${initialSuperuser}`,
    '--link',
    // It is thrown away anyway; programs before 15 do not know it.
    ...(after.major >= 15 ? ['--no-sync'] : []),
  ]
  try {
    // It writes to where it stands.
    await run({
      program: '/bin/sh',
      arguments: ['-c', 'cd "$0" && exec "$@"', folder, join(programs.new, 'pg_upgrade'), ...words],
    })
  } catch (error) {
    if (!(error instanceof ProgramFailure)) throw error
    const lists = [...listsIn(folder), ...listsIn(join(after.data, 'pg_upgrade_output.d'), true)]
    throw new ProgramFailure('pg_upgrade', [error.output, ...lists].join('\n'))
  }
}

/**
 * Has programs end with an error that holds what they wrote.
 * @throws ISOLANE_STACK_CLOSED when nothing is to go on
 */
export function programRunner(
  run: (command: InstanceCommand) => Promise<ProgramResult | undefined>,
  signal: AbortSignal,
): RunProgram {
  return async (command) => {
    // A character may come in two pieces.
    const decoder = new TextDecoder()
    let written = ''
    const output = async (piece: Uint8Array) => {
      written = (written + decoder.decode(piece, { stream: true })).slice(-told)
    }
    const result = await run({ signal, ...command, output }).catch((error: unknown) => {
      throw signal.aborted ? closed(command.program, error) : error
    })
    if (result?.exitCode === 0) return
    throw new ProgramFailure(command.program, [written, result?.errors].filter(Boolean).join('\n'))
  }
}

class ProgramFailure extends Error {
  readonly output: string

  constructor(program: string, output: string) {
    const lines = output.split('\n').map((line) => line.trim())
    const telling = lines.find((line) => /error|fatal|fail/i.test(line)) ?? lines.findLast((line) => line !== '')
    super(`${program} failed: ${telling ?? 'it said nothing'}`, { cause: new Error(output.slice(-told)) })
    this.output = output
  }
}

/** The lists that it writes of what it does not like. */
function listsIn(folder: string, recursive = false): string[] {
  try {
    return readdirSync(folder, { recursive, encoding: 'utf8' })
      .filter((name) => name.endsWith('.txt'))
      .map((name) => `${name}:\n${readFileSync(join(folder, name), 'utf8')}`)
  } catch {
    return []
  }
}
