import type { EnvironmentId, Instance } from '../../../core/contracts.ts'
import type { EnvironmentAddress } from '../host-client.ts'
import { address } from '../lane.ts'
import type { Neo4jOptions } from '../options.ts'

/** The usual ones, those in a container, and how far the next environment's are. */
const usual = { bolt: 7687, http: 7474 }
const inside = { bolt: 17_687, http: 17_474 }
const step = 1_000

type Kind = keyof typeof usual
const portName = (kind: Kind, index: number) => `${kind}-${index}`

/** What to ask for, by the names of the endpoint's ports. */
export function environmentPorts(
  { port, httpPort }: Neo4jOptions,
  environments: readonly EnvironmentId[] = [],
): Record<string, number> {
  const bolt = port ?? usual.bolt
  const http = httpPort ?? (port === undefined ? usual.http : undefined)
  return Object.fromEntries(
    environments.flatMap(({ index }) => [
      [portName('bolt', index), bolt + step * index],
      [portName('http', index), http === undefined ? 0 : http + step * index],
    ]),
  )
}

export function environmentPortsInside(environments: readonly EnvironmentId[] = []): Record<string, number> {
  return Object.fromEntries(
    environments.flatMap(({ index }) =>
      (['bolt', 'http'] as const).map((kind) => [portName(kind, index), inside[kind] + index]),
    ),
  )
}

/** Where an environment's DBMS is to answer, and by which ports clients reach it. */
export function environmentAddress(
  { endpoint: { host, ports } }: Instance,
  { index }: EnvironmentId,
): { readonly where: EnvironmentAddress; readonly bolt: number; readonly http: number } {
  const [bolt = 0, http = 0] = [ports[portName('bolt', index)], ports[portName('http', index)]]
  // Only containers have one for the template.
  if (ports.template === undefined) return { where: { port: bolt, http }, bolt, http }
  const where = {
    port: inside.bolt + index,
    advertised: address(host, bolt),
    http: inside.http + index,
    httpAdvertised: address(host, http),
  }
  return { where, bolt, http }
}
