import { type Instance, type LaneId, nowhereHost } from '../../core/contracts.ts'
import type { ContainerLane, ContainerServer, LaneFields } from './options.ts'

export function laneServer({ endpoint }: Instance, lane: LaneId): ContainerServer {
  const { host, ports, credentials } = endpoint
  return { ...lane, host, ports, credentials, url: (port) => httpUrl(host, ports[port]) }
}

export function laneEndpoint(
  { host, ports }: Pick<ContainerServer, 'host' | 'ports'>,
  version: string,
  fields: LaneFields = {},
): ContainerLane {
  const [first] = Object.values(ports)
  const named = Object.entries(ports).map(([name, port]) => [`${name}Port`, port])
  return { url: httpUrl(host, first), host, ...Object.fromEntries(named), ...fields, version }
}

/** What `lane.create` would have returned is not known yet, so every other field is there too, and leads nowhere. */
export function nowhere(ports: Readonly<Record<string, number>>): ContainerLane {
  const closed = Object.fromEntries(Object.keys(ports).map((name) => [name, 1]))
  const known = laneEndpoint({ host: nowhereHost, ports: closed }, '')
  return new Proxy(known, {
    get: (lane, field) => (typeof field === 'string' && !(field in lane) ? nowhereHost : Reflect.get(lane, field)),
  })
}

function httpUrl(host: string, port: number | undefined): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
