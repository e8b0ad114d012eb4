import { connect } from 'node:net'
import type { AttachSpec, Instance, InstanceSpec, Runtime } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'
import { startAborted } from '../../core/start-aborted.ts'

/** How long a running server may take to accept a connection, in milliseconds. */
const patience = 10_000

/** Servers that run already and are not ours. Nothing is started, stopped or wiped. */
export function createAttachRuntime(): Runtime {
  return {
    name: 'attach',
    attaches: true,
    probe: async () => ({ ok: true }),
    provide: async (spec) => void attachSpec(spec),
    start: async (spec, { signal }) => attach(spec, attachSpec(spec), signal),
    // What is left inside the servers is found and removed by whoever next opens a session on them.
    sweep: async () => [],
  }
}

function attachSpec({ attach, service, kind }: InstanceSpec): AttachSpec {
  if (attach) return attach
  throw new IsolaneError({
    code: 'ISOLANE_RUNTIME_UNSUPPORTED',
    message: `There is no server to attach ${service} to`,
    remedy: `give ${kind}({ url }), or set its usual variable`,
  })
}

async function attach(spec: InstanceSpec, where: AttachSpec, signal: AbortSignal): Promise<Instance> {
  for (const port of Object.values(where.ports)) await answers(spec, where.host, port, signal)
  const { host, ports, credentials, url } = where
  return {
    endpoint: { host, ports, credentials, url },
    owned: false,
    origin: `attached to ${host}`,
    logs: async () => '',
    // Nobody tells us when it ends; whoever talks to it finds out.
    ended: new Promise(() => {}),
    [Symbol.asyncDispose]: async () => {},
  }
}

async function answers(spec: InstanceSpec, host: string, port: number, signal: AbortSignal): Promise<void> {
  const socket = connect({ host, port, signal: AbortSignal.any([signal, AbortSignal.timeout(patience)]) })
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
  } catch (cause) {
    if (signal.aborted) throw startAborted(spec, signal)
    throw new IsolaneError({
      code: 'ISOLANE_SERVER_UNREACHABLE',
      message: `${spec.service}: nothing answers at ${host}:${port}`,
      remedy: 'start that server, or correct the URL',
      cause,
    })
  } finally {
    socket.destroy()
  }
}
