import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { finished } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { InstanceCommand, ProgramResult } from '../../core/contracts.ts'
import { expandCommand, feed, LastErrors, untilAborted } from '../../core/instance-command.ts'
import { engineReason, withoutPassword } from './errors.ts'
import { notRun } from './failures.ts'
import type { Plan } from './ground.ts'
import { pieces } from './streams.ts'
import type { Container } from './testcontainers.ts'

type Execution = Awaited<ReturnType<Container['exec']>>

/** Carried by every program that we run in a container, with a value of its own: how it is found again there. */
const label = 'ISOLANE_PROGRAM'
/** What a runtime says, in place of the program's output, when it could not start it. */
const notStarted = /^OCI runtime exec failed|executable file .*not found/
const notThere = /not found|no such file or directory/i
/** Milliseconds that a program gets to end by itself, and the engine to tell how it ended. */
const grace = 2_000

const endScript = `
for file in /proc/[0-9]*/environ; do
  if grep -qs "$1" "$file"; then pid=\${file#/proc/}; kill -s "$2" "\${pid%/environ}"; fi
done`

/** Runs a program in a container. `undefined` when its image has none of that name. */
export async function runProgram(
  command: InstanceCommand,
  container: Container,
  plan: Plan,
  signal: AbortSignal,
): Promise<ProgramResult | undefined> {
  signal.throwIfAborted()
  const id = randomBytes(8).toString('hex')
  const { execution, stream } = await begin(command, container, plan, id).catch((error) => {
    if (notThere.test(engineReason(error)) && notStarted.test(engineReason(error))) return notFound
    throw notRun(command.program, plan, error)
  })
  if (!execution) return undefined
  try {
    return await untilAborted(converse(command, execution, stream, plan), signal)
  } catch (error) {
    // A program in a container does not notice that nobody listens any more.
    await stop(container, stream, id)
    throw error
  }
}

/** Ends what runs in a container for a process that is dead. Nothing is ended where the container is gone or has no shell. */
export async function endPrograms(container: Container, id = '', signal: 'TERM' | 'KILL' = 'KILL'): Promise<void> {
  try {
    const execution = await container.exec({
      Cmd: ['sh', '-c', endScript, 'sh', `${label}=${id}`, signal],
      AttachStdout: true,
    })
    await finished((await execution.start({ hijack: true, stdin: false })).resume())
  } catch {
    // Whoever asks needs the container next, and is told then.
  }
}

const notFound = { execution: undefined, stream: undefined }

async function begin(
  command: InstanceCommand,
  container: Container,
  { container: { ports } }: Plan,
  id: string,
): Promise<{ execution: Execution; stream: Duplex }> {
  const { program, arguments: words, environment } = expandCommand(command, '127.0.0.1', ports)
  const execution = await container.exec({
    Cmd: [program, ...words],
    Env: Object.entries({ ...environment, [label]: id }).map(([name, text]) => `${name}=${text}`),
    AttachStdin: command.input !== undefined,
    AttachStdout: true,
    AttachStderr: true,
  })
  return { execution, stream: await execution.start({ hijack: true, stdin: command.input !== undefined }) }
}

async function converse(
  command: InstanceCommand,
  execution: Execution,
  stream: Duplex,
  plan: Plan,
): Promise<ProgramResult | undefined> {
  const errors = new LastErrors()
  let refusal: string | undefined
  const listen = async () => {
    let first = true
    for await (const { isOutput, piece } of pieces(stream)) {
      if (first && isOutput && notStarted.test(piece.toString())) refusal = piece.toString().trim()
      else if (isOutput) await command.output?.(piece)
      else errors.add(piece)
      first = false
    }
  }
  await Promise.all([listen(), command.input && feed(stream, command.input)])
  const exitCode = await exitCodeOf(execution).catch((error) => {
    throw notRun(command.program, plan, error)
  })
  if (refusal !== undefined && notThere.test(refusal)) return undefined
  return { exitCode, errors: withoutPassword(refusal ?? errors.toString(), plan.spec) }
}

/** The streams may end a moment before the engine knows of the end. */
async function exitCodeOf(execution: Execution): Promise<number> {
  for (const begun = performance.now(); ; await delay(20)) {
    const { Running: running, ExitCode: code } = await execution.inspect()
    if (!running && code !== null) return code
    if (performance.now() - begun > grace) throw new Error('the connection to it was lost')
  }
}

async function stop(container: Container, stream: Duplex, id: string): Promise<void> {
  const closed = new Promise<unknown>((resolve) => stream.once('close', resolve))
  stream.on('error', () => {}).resume()
  await endPrograms(container, id, 'TERM')
  if (!stream.destroyed) await Promise.race([closed, delay(grace)])
  await endPrograms(container, id, 'KILL')
  stream.destroy()
}
