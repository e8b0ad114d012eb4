import { createServer } from 'node:net'
import { isIsolaneError, messageOf } from '../../core/errors.ts'
import { type Closed, knock } from './knock.ts'
import { type EnginePlace, enginePlaces } from './places.ts'
import { type EngineApi, type EngineClient, loadTestcontainers } from './testcontainers.ts'

/** A container engine that answers. */
export interface Engine {
  readonly client: EngineClient
  readonly api: EngineApi
  /** Where it listens: `unix:///var/run/docker.sock`. */
  readonly address: string
  /** Its own name for itself, the same by whatever address it is reached. */
  readonly id: string
  readonly version: string
  /** Where published ports are reached. */
  readonly host: string
  /** The address of the engine's machine that ports are published on: its own loopback where that is ours too. */
  readonly publishOn: string
}

const loopback = new Set(['localhost', '127.0.0.1', '::1'])

/** The engine, or why there is none. Quick where nobody listens; testcontainers is loaded only when somebody does. */
export async function findEngine(): Promise<{ engine: Engine } | { closed: Closed }> {
  const tried: Closed[] = []
  for (const place of enginePlaces()) {
    const closed = await knock(place)
    if (!closed) return openEngine(place)
    tried.push(closed)
  }
  const remedy = tried.at(-1)?.remedy ?? 'install Docker'
  return { closed: { reason: `no container engine answers: ${tried.map(({ reason }) => reason).join(', ')}`, remedy } }
}

async function openEngine(place: EnginePlace): Promise<{ engine: Engine } | { closed: Closed }> {
  try {
    const { getContainerRuntimeClient } = await loadTestcontainers()
    const client = await withVariables(place.variables ?? {}, getContainerRuntimeClient)
    const api = client.container.dockerode
    const { ID } = (await api.info()) as { ID?: string }
    const { host, serverVersion } = client.info.containerRuntime
    const isOurs = await isOurMachine(place.address, host)
    return {
      engine: {
        client,
        api,
        address: place.address,
        id: ID ?? '',
        version: String(serverVersion),
        host: isOurs ? '127.0.0.1' : host,
        publishOn: isOurs ? '127.0.0.1' : '0.0.0.0',
      },
    }
  } catch (error) {
    if (isIsolaneError(error)) return { closed: { reason: error.reason, remedy: error.remedy } }
    return {
      closed: {
        reason: `${place.address} accepts connections, but testcontainers can't use it: ${messageOf(error)}`,
        remedy: '`DEBUG=testcontainers* isolane doctor` shows what it tried',
      },
    }
  }
}

/**
 * In a container testcontainers takes the gateway of the engine's network for the engine's machine. Where the engine runs
 * in that same container, this is ourselves, and nobody else needs to reach the ports.
 */
async function isOurMachine(address: string, host: string): Promise<boolean> {
  if (loopback.has(host)) return true
  const isSocket = /^(unix|npipe):/.test(address)
  return isSocket && process.env.TESTCONTAINERS_HOST_OVERRIDE === undefined && isOwnAddress(host)
}

/** Only what is our own can be listened on. */
function isOwnAddress(host: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const server = createServer().once('error', () => resolve(false))
  server.listen({ host, port: 0 }, () => server.close(() => resolve(true)))
  return promise
}

/** testcontainers reads the environment once, when its client is made. The user's own is left as it was. */
async function withVariables<Result>(
  variables: Readonly<Record<string, string>>,
  work: () => Promise<Result>,
): Promise<Result> {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const)
  Object.assign(process.env, variables)
  try {
    return await work()
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
}
