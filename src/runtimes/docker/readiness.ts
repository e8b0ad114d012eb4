import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { ContainerSpec } from '../../core/contracts.ts'
import { portKey } from './blueprint.ts'
import type { Engine } from './engine.ts'
import { engineReason, statusOf } from './errors.ts'
import { readLog } from './log.ts'
import { type Inspection, inspect } from './state.ts'
import type { Container } from './testcontainers.ts'

/** Milliseconds. */
const defaultTimeout = 120_000

export type Readiness =
  | { readonly outcome: 'ready'; readonly ports: Readonly<Record<string, number>> }
  | { readonly outcome: 'ended'; readonly inspection: Inspection | undefined }
  | { readonly outcome: 'timed-out' }

interface Candidate {
  readonly engine: Engine
  readonly container: Container
  /** With its placeholders replaced. */
  readonly spec: ContainerSpec
}

export function startTimeoutOf({ startTimeout }: ContainerSpec): number {
  return startTimeout ?? defaultTimeout
}

/** Waits until the server in a running container answers. */
export async function waitUntilReady(candidate: Candidate, signal: AbortSignal): Promise<Readiness> {
  const deadline = performance.now() + startTimeoutOf(candidate.spec)
  for (let pause = 20; ; pause = Math.min(pause * 1.3, 250)) {
    signal.throwIfAborted()
    const inspection = await inspect(candidate.container)
    if (!inspection?.State.Running) return { outcome: 'ended', inspection }
    const ports = publishedPorts(candidate.spec, inspection)
    // The engine may tell of a port a moment after the start.
    if (ports && (await isReady(candidate, ports, signal))) return { outcome: 'ready', ports }
    if (performance.now() > deadline) return { outcome: 'timed-out' }
    await delay(pause, undefined, { signal })
  }
}

/** The ports of the engine's machine by name, once all of them are known. */
function publishedPorts(spec: ContainerSpec, inspection: Inspection): Readonly<Record<string, number>> | undefined {
  const ports = Object.entries(spec.ports).map(([name, inside]) => {
    const bindings = inspection.NetworkSettings.Ports[portKey(inside)]
    return [name, Number(bindings?.[0]?.HostPort ?? 0)] as const
  })
  return ports.every(([, port]) => port > 0) ? Object.fromEntries(ports) : undefined
}

async function isReady(
  { engine, container, spec }: Candidate,
  ports: Readonly<Record<string, number>>,
  signal: AbortSignal,
): Promise<boolean> {
  const { ready } = spec
  if ('line' in ready) return (await readLog(container)).split(ready.line).length > (ready.times ?? 1)
  if ('command' in ready) return (await execute(engine, container, ready.command))?.exitCode === 0
  const name = 'http' in ready ? ready.http.port : ready.port
  const port = ports[name]
  if (port === undefined) throw new RangeError(`no port is called ${name}`)
  if ('http' in ready) return responds(`http://${engine.host}:${port}${ready.http.path}`, ready.http.status, signal)
  return (await staysOpen(engine.host, port)) && (await listensInside(engine, container, spec.ports[name] ?? 0))
}

async function responds(url: string, status: number | undefined, signal: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(2_000)]),
    })
    await response.body?.cancel()
    return status === undefined ? response.ok : response.status === status
  } catch {
    return false
  }
}

/**
 * The engine's own proxy accepts connections before the server does, and closes them when it finds nobody inside. So a
 * connection that is closed at once says no; one that stays open says maybe.
 */
function staysOpen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const settle = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => socket.setTimeout(20, () => settle(true)))
    // Servers that speak first have answered.
    socket.once('data', () => settle(true))
    socket.once('end', () => settle(false))
    socket.once('error', () => settle(false))
    socket.resume()
  })
}

/** Whether anybody in the container listens on a port, for more than the container itself. */
async function listensInside(engine: Engine, container: Container, port: number): Promise<boolean> {
  const table = await execute(engine, container, ['cat', '/proc/net/tcp', '/proc/net/tcp6'])
  if (!table) return false
  // An image without `cat` leaves us with the word of the proxy.
  if (!table.output.includes('local_address')) return true
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return table.output.split('\n').some((line) => {
    const [, address = '', , state] = line.trim().split(/\s+/)
    return state === listening && address.endsWith(wanted) && !ownLoopback.test(address)
  })
}

/** As /proc/net/tcp writes them. */
const ownLoopback = /^(0100007F|0{24}01000000):/
const listening = '0A'

/** `undefined` when the container has just ended; the next look tells how. */
async function execute(
  { client }: Engine,
  container: Container,
  command: readonly string[],
): Promise<{ readonly output: string; readonly exitCode: number } | undefined> {
  try {
    return await client.container.exec(container, [...command])
  } catch (error) {
    if (statusOf(error) === 409 || statusOf(error) === 404) return undefined
    return { output: engineReason(error), exitCode: -1 }
  }
}
