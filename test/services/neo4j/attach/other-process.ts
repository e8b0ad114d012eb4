import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface OtherProcess extends AsyncDisposable {
  readonly pid: number
  /** The line that it began with. */
  readonly said: string
  kill(): Promise<void>
}

/** Runs a file of this folder until it is killed. */
export async function otherProcess(
  file: string,
  argument: string,
  environment: Record<string, string>,
): Promise<OtherProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, file), argument], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...environment },
  })
  const ended = once(child, 'exit')
  const kill = async () => {
    child.kill('SIGKILL')
    await ended
  }
  const [said] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return { pid: child.pid ?? 0, said, kill, [Symbol.asyncDispose]: kill }
}
