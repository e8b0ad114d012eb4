import type { ResolvedConfig } from '../core/config.ts'
import { isProduction } from '../core/environment-names.ts'

/** The ports that people expect, by kind of service. */
const usual: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  neo4j: { bolt: 7687, http: 7474 },
  postgres: { postgres: 5432 },
  redis: { redis: 6379 },
}

/** How far apart instances stand side by side. */
const step = 1_000

/** The port of a server that an environment has for itself. */
export interface SideBySidePort {
  readonly environment: string
  readonly service: string
  /** `bolt`, `http`, `postgres` … */
  readonly name: string
  /** Absent: it publishes none. */
  readonly port?: number
}

/**
 * Ports for an instance per environment: the first as is, the second 1,000 higher, and so on. Production publishes none.
 * What a service's option `port` says takes the place of the usual one.
 */
export function sideBySidePorts({ environments, services }: ResolvedConfig): readonly SideBySidePort[] {
  return Object.keys(environments).flatMap((environment, index) =>
    Object.entries(services).flatMap(([service, { service: kind, options }]) =>
      Object.entries(usual[kind.kind] ?? {}).map(([name, number], place) => {
        const first = place === 0 && typeof options.port === 'number' ? options.port : number
        const port = isProduction(environment) ? {} : { port: first + index * step }
        return { environment, service, name, ...port }
      }),
    ),
  )
}
