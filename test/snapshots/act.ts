import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Task } from './fixtures/act.ts'
import { emptyFolder } from './folders.ts'

export interface Outcome {
  /** `done`, the code of the error, or `SIGKILL`. */
  readonly result: string
  /** On the disk. */
  readonly operations: number
}

const program = join(import.meta.dirname, 'fixtures', 'act.ts')

/** Has a process of its own do something to a snapshot. */
export async function act(task: Task): Promise<Outcome> {
  const { child, outcome } = start(task)
  child.stdin.end()
  return outcome
}

/** Has each task done by a process of its own, all at the same moment. */
export async function actAtOnce(tasks: readonly Task[]): Promise<readonly Outcome[]> {
  const started = tasks.map((task) => start({ ...task, wait: true }))
  await Promise.all(started.map(({ child }) => once(child.stdout, 'data')))
  for (const { child } of started) child.stdin.end('go\n')
  return Promise.all(started.map(({ outcome }) => outcome))
}

/** Most of such a process's time would go into reading TypeScript. */
const compileCache = emptyFolder()

function start(task: Task) {
  const child = spawn(process.execPath, [program, JSON.stringify(task)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
  })
  const outcome = async (): Promise<Outcome> => {
    const [output, [code, signal]] = await Promise.all([text(child.stdout), once(child, 'close')])
    // Windows knows no signals, and says 1.
    if (signal || (process.platform === 'win32' && code === 1)) return { result: 'SIGKILL', operations: 0 }
    if (code !== 0) throw new Error(`the program ended with ${code}`)
    return JSON.parse(output.trim().split('\n').at(-1) ?? '') as Outcome
  }
  return { child, outcome: outcome() }
}
