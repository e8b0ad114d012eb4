import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { InstanceCommand, ProgramResult } from '../../../core/contracts.ts'
import { feed, LastErrors } from '../../../core/instance-command.ts'

/** Runs a program of this machine's, which knows nothing of the servers that our own environment is about. */
export async function runLocalProgram(folder: string, command: InstanceCommand): Promise<ProgramResult> {
  const { program, input, output, signal } = command
  const child = spawn(join(folder, program), [...command.arguments], {
    env: { ...surroundings(), ...command.environment },
    stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    windowsHide: true,
    ...(signal ? { signal } : {}),
  })
  // Neither an abort nor the lack of the program, of which `error` tells, is the end of a program that runs.
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve))
  const failed = once(child, 'error').then(([error]) => Promise.reject(error))
  failed.catch(() => {})
  const errors = new LastErrors()
  const takeOutput = async () => {
    for await (const piece of child.stdout ?? []) await output?.(piece)
  }
  const takeErrors = async () => {
    for await (const piece of child.stderr ?? []) errors.add(piece)
  }
  const giveInput = async () => {
    if (child.stdin && input) await feed(child.stdin, input)
  }
  try {
    const ended = Promise.all([closed, takeOutput(), takeErrors(), giveInput()])
    const [exitCode] = await Promise.race([ended, failed])
    return { exitCode: exitCode ?? 1, errors: errors.toString() }
  } catch (error) {
    child.kill()
    if (child.pid !== undefined) await closed
    throw error
  }
}

function surroundings(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^PG[A-Z]/i.test(name)))
}
