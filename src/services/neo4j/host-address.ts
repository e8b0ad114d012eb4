import type { Instance } from '../../core/contracts.ts'
import { portInside } from './container.ts'
import type { BoltAddress, HostStatus } from './host-client.ts'
import { address, laneEndpoint } from './lane.ts'
import type { Neo4jLane } from './options.ts'
import { lanePassword } from './secrets.ts'

/** A container publishes a fixed set of ports; what is wanted was told to the runtime. */
export function boltAddress({ endpoint }: Instance, portName: string, wanted = 0): BoltAddress {
  const published = endpoint.ports[portName]
  if (published === undefined) return { port: wanted }
  return { port: portInside(portName), advertised: address(endpoint.host, published) }
}

/** How a DBMS of the host is reached that answers at `port` where the host is. */
export function hostEndpoint({ endpoint }: Instance, status: HostStatus, portName: string, port: number): Neo4jLane {
  const { host, ports, credentials } = endpoint
  return laneEndpoint({
    host,
    port: ports[portName] ?? port,
    password: lanePassword(credentials.password),
    database: status.database,
    version: status.version,
  })
}
