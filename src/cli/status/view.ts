import type { Endpoint } from '../../core/contracts.ts'
import type { LaneStatus } from '../../core/lane-status.ts'
import type { StackStatus } from '../../core/stack.ts'
import { table } from '../../core/table.ts'

type Service = StackStatus['services'][number]

/** Paragraphs; those with nothing to say are left out. */
export function describe({ name, root, runtime, mode, services, pool }: StackStatus): string[] {
  return [
    `Stack ${name} of ${root}: ${runtime}, ${mode}`,
    serviceTable(services),
    services.flatMap(detailLines).join('\n'),
    laneTable(services, pool.lanes),
    `${pool.lanes.length} of at most ${pool.limit} lanes; ${pool.leases.count} leases, p50 ${pool.leases.p50} ms; ${pool.resets.count} resets, p50 ${pool.resets.p50} ms`,
    services.flatMap(administratorLines).join('\n'),
    ...pool.lanes.map(({ name, env }) => (env ? [name, ...indented(env, '=')].join('\n') : '')),
  ].filter(Boolean)
}

function serviceTable(services: readonly Service[]): string {
  const rows = services.map((service) => [
    titleOf(service),
    `${service.product} ${service.version}`,
    service.runtime,
    service.isolation === 'shared' ? addressOf(service) : `${service.instances}, one per lane`,
    service.memoryBytes === undefined ? '' : `${Math.round(service.memoryBytes / 2 ** 20)} MiB`,
    `${Math.round(service.startMilliseconds)} ms`,
    service.origin,
  ])
  return table(['service', 'version', 'runtime', 'answers at', 'memory', 'start', 'from'], rows)
}

/** Environments and test lanes may have a server each. */
function titleOf({ name, serves }: Service): string {
  return serves ? `${name} (${serves})` : name
}

function detailLines(service: Service): string[] {
  const lines = indented(service.details, ': ')
  return lines.length === 0 ? [] : [titleOf(service), ...lines]
}

function laneTable(services: readonly Service[], lanes: readonly LaneStatus[]): string {
  if (lanes.length === 0) return ''
  const names = [...new Set(services.map(({ name }) => name))]
  const rows = lanes.map(({ name, phase, holder, failedTest, snapshot, addresses }) => [
    name,
    phase,
    holder ? `${holder.what}, pid ${holder.pid}` : '',
    [failedTest && `"${failedTest}"`, snapshot && `snapshot ${snapshot}`].filter(Boolean).join(', '),
    ...names.map((service) => addresses[service] ?? ''),
  ])
  return table(['lane', 'is', 'held by', 'kept for', ...names], rows)
}

function administratorLines({ name, endpoints = [] }: Service): string[] {
  return endpoints.flatMap((endpoint) => {
    const { url, credentials } = endpoint
    const access = url === undefined ? { user: credentials.username, password: credentials.password } : { url }
    return [`${name} at ${addressOf(endpoint)}, administrator`, ...indented(access, ': ')]
  })
}

/** `127.0.0.1:5432`; `127.0.0.1, bolt 7687, http 7474` where there are several ports. */
function addressOf({ host, ports }: Pick<Endpoint, 'host' | 'ports'>): string {
  const all = Object.entries(ports)
  const [first] = all
  if (!first) return host
  return all.length === 1 ? `${host}:${first[1]}` : [host, ...all.map(([name, port]) => `${name} ${port}`)].join(', ')
}

function indented(values: Readonly<Record<string, string>>, separator: string): string[] {
  return Object.entries(values).map(([label, value]) => `  ${label}${separator}${value}`)
}
