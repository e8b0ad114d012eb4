import type { ResolvedConfig } from './config.ts'
import type { EnvironmentId, LaneId, Runtime, ServiceContext, ServiceDefinition } from './contracts.ts'
import { hasTestLanes } from './environment-names.ts'
import type { EnvironmentRecord } from './environment-record.ts'
import { IsolaneError } from './errors.ts'
import { keptService } from './kept-service.ts'
import type { Limiter } from './limiter.ts'
import type { Report } from './report.ts'
import type { EnvironmentHost, HostParts, ServiceHost } from './service-host.ts'
import { ServicePerLane } from './service-per-lane.ts'
import { SharedService } from './shared-service.ts'
import { templateOf } from './start-state.ts'

/** The environments that a stack holds. */
export interface Held {
  readonly record: EnvironmentRecord
  readonly ids: readonly EnvironmentId[]
  readonly stateFolder: string
}

/** What services get of a running stack only. */
export type ServiceMeans = Pick<ServiceContext, 'programs' | 'temporaryFolder'>

/** What of a service was lost with a server: environments, or lanes, all or one; both, where neither is named. */
export interface Lost {
  readonly serves?: 'environments' | 'lanes'
  readonly lane?: LaneId
}

export interface OpeningHosts {
  readonly name: string
  readonly runtime: Runtime
  readonly config: ResolvedConfig
  /** Absent: test lanes alone, and nothing outlives the stack. */
  readonly held: Held | undefined
  /** What a stack without environments keeps for the next one. */
  readonly kept?: string
  readonly means: ServiceMeans
  /** The most lanes. */
  readonly limit: number
  readonly signal: AbortSignal
  readonly starts: Limiter
  readonly report: Report
  onLost(name: string, why: string, lost: Lost): void
}

/** One service of a stack: where its environments are, and where test lanes. Both may be on one server. */
export interface ServiceHosts {
  readonly environments?: EnvironmentHost
  readonly lanes?: ServiceHost
}

/** Each once. */
export function allHosts(opened: readonly ServiceHosts[]): readonly ServiceHost[] {
  return [...new Set(opened.flatMap(({ environments, lanes }) => [environments ?? [], lanes ?? []].flat()))]
}

/** Starts one service. When a part fails, what was begun is unwound. */
export async function openHosts(options: OpeningHosts): Promise<ServiceHosts> {
  const { config, held, runtime } = options
  const definition = config.services[options.name]
  if (!definition) throw new Error(`no service ${options.name}`)
  if (!held) return { lanes: await openLanes(options, definition) }
  const wantsLanes = hasTestLanes(config)
  const { environments: support } = definition.service
  if (!support || runtime.attaches) {
    tellNone(
      options,
      runtime.attaches ? 'its server is not ours' : `services of the kind ${definition.service.kind} can't`,
    )
    return wantsLanes ? { lanes: await openLanes(options, definition) } : {}
  }
  const isApart = support.apart && wantsLanes
  const results = await Promise.allSettled([
    openEnvironmentHost(options, held, definition, support.apart ? 'environments' : undefined),
    ...(isApart ? [openLanes(options, definition, 'lanes')] : []),
  ])
  const failed = results.find((result) => result.status === 'rejected')
  if (failed) {
    const opened = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    await Promise.allSettled(opened.map((host) => host.close()))
    throw failed.reason
  }
  const [environments, apart] = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const lanes = support.apart ? apart : wantsLanes ? environments : undefined
  return { environments: environments as EnvironmentHost, ...(lanes ? { lanes } : {}) }
}

async function openEnvironmentHost(
  options: OpeningHosts,
  { record, ids, stateFolder }: Held,
  definition: ServiceDefinition,
  serves: Lost['serves'],
): Promise<EnvironmentHost> {
  const { name, config, runtime } = options
  const { kind, environments } = definition.service
  const version = environments?.dataVersion(definition.options) ?? ''
  await record.claim(name, { kind, version, runtime: runtime.name })
  const parts = await partsOf(options, definition, serves)
  const kept = await keptService(stateFolder, config, name)
  const host = await SharedService.open({ ...parts, context: { ...parts.context, environments: ids }, kept })
  await record.made(name)
  return host
}

async function openLanes(
  options: OpeningHosts,
  definition: ServiceDefinition,
  serves?: Lost['serves'],
): Promise<ServiceHost> {
  const { config, starts, kept, name } = options
  const parts = await partsOf(options, definition, serves)
  if (hasInstancePerLane(config, parts)) return new ServicePerLane(parts, starts)
  return SharedService.open(kept === undefined ? parts : { ...parts, kept: await keptService(kept, config, name) })
}

async function partsOf(
  { name, config, means, limit, signal, report, runtime, onLost }: OpeningHosts,
  definition: ServiceDefinition,
  serves: Lost['serves'],
): Promise<HostParts> {
  const context = { name, root: config.root, maximumLanes: limit, report, signal, ...means }
  const start = config.start[name]
  return {
    definition,
    runtime,
    context,
    template: await templateOf(definition, context, start),
    onLost: (why, lane) => onLost(name, why, { ...(serves ? { serves } : {}), ...(lane ? { lane } : {}) }),
    ...(serves ? { serves } : {}),
    ...(start ? { start } : {}),
  }
}

function tellNone({ name, report, config }: OpeningHosts, why: string): void {
  const lanes = hasTestLanes(config) ? 'it has test lanes alone' : 'so it is left out'
  report({ kind: 'info', subject: name, text: `holds no environments (${why}): ${lanes}` })
}

/**
 * A server that was there before can't be had once for each lane: in an isolated stack its lanes share it.
 * @throws ISOLANE_OPTION_INVALID when an instance per lane was asked for just there.
 */
function hasInstancePerLane({ mode }: ResolvedConfig, { definition, runtime, context }: HostParts): boolean {
  const isolation = definition.isolation ?? (mode === 'isolated' ? 'instance' : 'shared')
  if (!runtime.attaches) return isolation === 'instance'
  if (definition.isolation === 'instance') {
    throw new IsolaneError({
      code: 'ISOLANE_OPTION_INVALID',
      message: `${context.name}: \`isolation: 'instance'\` can't be had of a server that is running already`,
      remedy: 'leave it out, and the lanes share that server; or choose another runtime for this service',
    })
  }
  if (mode === 'isolated') {
    context.report({ kind: 'info', subject: context.name, text: 'is running already, so the lanes share it' })
  }
  return false
}
