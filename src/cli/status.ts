import type { Command } from 'commander'
import { chosenConfig, sidesOf } from '../builtin.ts'
import type { Endpoint } from '../core/contracts.ts'
import type { LaneStatus } from '../core/lane-status.ts'
import { type MeasuredStatus, withMemory } from '../core/process-memory.ts'
import { table } from '../core/table.ts'
import { findSide } from '../upgrade/sides/find.ts'
import { otherSide, type SideName, type Sides, versionsLine } from '../upgrade/sides/record.ts'
import { connectUp, ownProjectConfig } from './project.ts'

interface StatusFlags {
  readonly json: boolean
  readonly passwords: boolean
}

type Service = MeasuredStatus['services'][number]

export function addStatus(program: Command): void {
  program
    .command('status')
    .description('show the stack that is up: services and where they answer, lanes and who holds them, memory')
    .option('--json', 'print JSON', false)
    .option(
      '--passwords',
      "also show the servers' administrators and each lane's environment, passwords included",
      false,
    )
    .action((flags: StatusFlags, command: Command) => status(flags, command))
}

async function status({ json, passwords }: StatusFlags, command: Command): Promise<void> {
  const own = await ownProjectConfig(command)
  const sides = sidesOf(own)
  const { record, client } = await connectUp(await chosenConfig(own, sides))
  try {
    const stack = withMemory(await client.request('status', { passwords }))
    if (json) {
      const { owner, startedAt, logFile } = record
      process.stdout.write(
        `${JSON.stringify({ ...stack, owner, startedAt, logFile, ...sideNow(sides) }, undefined, 2)}\n`,
      )
    } else {
      process.stdout.write(`${[...sideLines(sides), ...describe(stack)].join('\n\n')}\n`)
    }
  } finally {
    client.close()
  }
}

function sideNow(sides: Sides | undefined): Readonly<Record<string, unknown>> {
  return sides ? { side: sides.active } : {}
}

/** The other one too, so that nobody forgets that it is there. */
function sideLines(sides: Sides | undefined): string[] {
  if (!sides) return []
  const other = otherSide(sides.active)
  const [active, beside] = [sides.active, other].map(
    (name) => `${name} (${versionsLine(sides[name as SideName].versions)})`,
  )
  const is = findSide(sides, other) ? 'is up beside it' : 'is gone'
  return [`Side ${active}; ${beside} ${is}. \`isolane switch\` shows both and chooses, \`isolane down\` ends them.`]
}

/** Paragraphs; those with nothing to say are left out. */
function describe({ name, root, runtime, mode, services, pool }: MeasuredStatus): string[] {
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
    service.name,
    `${service.product} ${service.version}`,
    service.runtime,
    service.isolation === 'shared' ? addressOf(service) : `${service.instances}, one per lane`,
    service.memoryBytes === undefined ? '' : `${Math.round(service.memoryBytes / 2 ** 20)} MiB`,
    `${Math.round(service.startMilliseconds)} ms`,
    service.origin,
  ])
  return table(['service', 'version', 'runtime', 'answers at', 'memory', 'start', 'from'], rows)
}

function detailLines({ name, details }: Service): string[] {
  const lines = indented(details, ': ')
  return lines.length === 0 ? [] : [name, ...lines]
}

function laneTable(services: readonly Service[], lanes: readonly LaneStatus[]): string {
  const names = services.map(({ name }) => name)
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
