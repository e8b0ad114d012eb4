import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { IsolaneError } from '../../core/errors.ts'
import type { Report } from '../../core/report.ts'
import type { Run } from '../../core/run.ts'
import { type Engine, findEngine } from './engine.ts'
import { engineReason, noEngine } from './errors.ts'
import { provideImage } from './images.ts'
import { labelsFor } from './labels.ts'
import { containerKind } from './living.ts'
import { readLog } from './log.ts'
import { removeContainer } from './remove.ts'
import { archiveOf } from './tar.ts'
import type { Container } from './testcontainers.ts'

export interface ToolContainer {
  readonly name: string
  readonly image: string
  readonly port: number
  readonly variables: Readonly<Record<string, string>>
  readonly files: Readonly<Record<string, string>>
  ready(): void
}

export interface ToolContext {
  readonly run: Run
  readonly report: Report
  /** Ends it. */
  readonly signal: AbortSignal
}

/** Milliseconds until the page must be there. */
const patience = 120_000

/**
 * Runs a data tool in a container of this machine's network, since servers listen on its loopback only, until the signal
 * ends it. It is on record as servers' containers are: the next run, or `isolane gc`, removes what a killed one leaves.
 * @throws ISOLANE_IMAGE_UNAVAILABLE, ISOLANE_PORT_TAKEN, ISOLANE_RUNTIME_UNSUPPORTED, ISOLANE_START_FAILED
 */
export async function runToolContainer(tool: ToolContainer, { run, report, signal }: ToolContext): Promise<void> {
  if (await answers(tool.port)) throw portTaken(tool)
  const found = await findEngine()
  if ('closed' in found) throw noEngine(found.closed)
  const { engine } = found
  const image = await provideImage(engine, tool.image, { report, signal })
  const name = `isolane-${tool.name}-${run.id}`
  const { address, id } = engine
  const what = { kind: containerKind, what: `container ${name}`, runtime: 'docker', name, engine: { address, id } }
  const registration = run.register(what)
  try {
    const container = await start(tool, engine, {
      name,
      Image: image.name,
      Labels: labelsFor(run, tool.name, undefined),
    })
    const ended = container.wait().then(
      () => {},
      () => {},
    )
    await untilReady(tool, container, ended, signal)
    if (!signal.aborted) tool.ready()
    await Promise.race([ended, aborted(signal)])
  } finally {
    await removeContainer(engine.api.getContainer(name))
    registration.release()
  }
}

async function start(
  { name, variables, files }: ToolContainer,
  { api, client }: Engine,
  identity: { readonly name: string; readonly Image: string; readonly Labels: Record<string, string> },
): Promise<Container> {
  try {
    const container = await api.createContainer({
      ...identity,
      Env: Object.entries(variables).map(([variable, value]) => `${variable}=${value}`),
      HostConfig: { NetworkMode: 'host' },
    })
    if (Object.keys(files).length > 0) {
      // Read by the container's user, whoever that is; they hold no password.
      const texts = Object.entries(files).map(([path, text]) => [path, { text, mode: 0o644 }])
      await client.container.putArchive(container, archiveOf(Object.fromEntries(texts), { uid: 0, gid: 0 }), '/')
    }
    await container.start()
    return container
  } catch (error) {
    throw notStarted(`${name} can't be started: ${engineReason(error)}`, '', error)
  }
}

async function untilReady(
  { name, port }: ToolContainer,
  container: Container,
  ended: Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const until = performance.now() + patience
  let hasEnded = false
  void ended.then(() => {
    hasEnded = true
  })
  while (!signal.aborted && !(await answers(port))) {
    if (hasEnded || performance.now() > until) {
      const output = await readLog(container, 20).catch(() => '')
      throw notStarted(`${name} ${hasEnded ? 'ended' : `does not answer on port ${port}`}`, output)
    }
    await delay(200)
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => resolve(), { once: true })
  if (signal.aborted) resolve()
  return promise
}

function answers(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect({ host: '127.0.0.1', port })
  socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  return promise.finally(() => socket.destroy())
}

function notStarted(message: string, output: string, cause?: unknown): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_START_FAILED',
    message,
    remedy: 'its last lines, if any, are below; name another image with --image, or connect a tool of your own',
    output,
    cause,
  })
}

function portTaken({ name, port }: ToolContainer): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_PORT_TAKEN',
    message: `Port ${port}, where the page of ${name} would be, is taken`,
    remedy: 'choose another with --port',
  })
}
