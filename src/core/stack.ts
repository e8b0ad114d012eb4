import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { ResolvedConfig } from './config.ts'
import type { LaneId, Runtime, ServiceContext } from './contracts.ts'
import { IsolaneError, messageOf } from './errors.ts'
import { keptService } from './kept-service.ts'
import { laneEnvironment, unnamedVariables } from './lane-environment.ts'
import { LanePool } from './lane-pool.ts'
import type { PoolStatus, StatusOptions } from './lane-status.ts'
import { Limiter } from './limiter.ts'
import type { Report } from './report.ts'
import { Run } from './run.ts'
import { RuntimeSet, type Runtimes } from './runtime-choice.ts'
import { type HostParts, newCredentials, type ServiceHost, type ServiceStatus } from './service-host.ts'
import { ServicePerLane } from './service-per-lane.ts'
import { SharedService } from './shared-service.ts'
import { templateOf } from './start-state.ts'
import { sweepDeadRuns } from './sweep.ts'
import { makeTemporaryFolder } from './temporary-folder.ts'

/** What services get of a running stack only. */
type ServiceMeans = Pick<ServiceContext, 'programs' | 'temporaryFolder'>

export interface StackOptions {
  readonly config: ResolvedConfig
  readonly runtimes: Runtimes
  readonly stateFolder: string
  readonly cacheFolder: string
  /** How many workers will ask for lanes; decides how many are made ahead. */
  readonly workers: number
  /** The stack stays up: its data outlive it, where the runtime can. */
  readonly keep?: boolean
  readonly report: Report
  readonly signal: AbortSignal
}

export interface StackStatus {
  readonly name: string
  readonly root: string
  /** The runtimes in use: `native`, or `docker, native`. */
  readonly runtime: string
  readonly mode: 'shared' | 'isolated'
  readonly services: readonly ServiceStatus[]
  readonly pool: PoolStatus
}

/** The services of one project, running. */
export class Stack {
  readonly run: Run
  readonly pool: LanePool
  readonly #config: ResolvedConfig
  readonly #hosts: readonly ServiceHost[]
  #closing: Promise<void> | undefined

  private constructor(run: Run, config: ResolvedConfig, hosts: readonly ServiceHost[], pool: LanePool) {
    this.run = run
    this.pool = pool
    this.#config = config
    this.#hosts = hosts
  }

  /**
   * Sweeps what dead runs left, starts every service side by side and has the first lane ready. When anything fails,
   * all that was begun is unwound and the first error thrown.
   */
  static async open(options: StackOptions): Promise<Stack> {
    const { config, report } = options
    for (const text of unnamedVariables(config)) report({ kind: 'info', subject: 'env', text })
    const run = new Run(join(options.stateFolder, 'runs'), config.root)
    const limit = config.lanes ?? Math.max(16, 2 * options.workers + 2)
    const unwind = new AbortController()
    const signal = AbortSignal.any([options.signal, unwind.signal])
    const runtimes = new RuntimeSet(options.runtimes, { run, cacheFolder: options.cacheFolder, report })
    const chosen = await chooseRuntimes(options, runtimes, limit, signal).catch((error) => {
      run.end()
      throw error
    })
    await sweepQuietly(runtimes, options.stateFolder, report)
    let pool: LanePool | undefined
    const onLost = (name: string, why: string, lane?: LaneId) => {
      report({
        kind: 'warning',
        subject: name,
        text: `the server ended unasked and is started again: ${why.split('\n')[0]}`,
      })
      pool?.discard(lane?.number)
    }
    const means: ServiceMeans = {
      programs: (engine) => runtimes.programs(engine, signal),
      temporaryFolder: () => makeTemporaryFolder(run),
    }
    // More starts at once than this only take longer, and may run into their time limits.
    const starts = new Limiter(Math.max(2, availableParallelism()))
    const opening = Object.keys(config.services).map((name) =>
      openHost(name, options, chosen[name], means, limit, signal, starts, (why, lane) => onLost(name, why, lane)).catch(
        (error) => {
          unwind.abort(error)
          throw error
        },
      ),
    )
    const results = await Promise.allSettled(opening)
    const hosts = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    try {
      if (hosts.length < results.length) throw unwind.signal.reason
      pool = new LanePool({
        hosts,
        limit,
        leaseTimeout: config.leaseTimeout,
        report,
        env: (id, endpoints) => laneEnvironment(config, id, endpoints),
      })
      await pool.warm(options.workers + 1)
      return new Stack(run, config, hosts, pool)
    } catch (error) {
      await pool?.close()
      await Promise.allSettled(hosts.map((host) => host.close()))
      run.end()
      throw error
    }
  }

  async status({ passwords = false }: StatusOptions = {}): Promise<StackStatus> {
    const described = await Promise.all(
      this.#hosts.map(async (host) => {
        const status = await host.status()
        return status && passwords ? { ...status, endpoints: host.endpoints() } : status
      }),
    )
    const services = described.filter((each) => each !== undefined)
    return {
      name: this.#config.name,
      root: this.#config.root,
      runtime: [...new Set(services.map(({ runtime }) => runtime))].sort().join(', '),
      mode: this.#config.mode,
      services,
      pool: this.pool.status({ passwords }),
    }
  }

  /** The last lines a service's servers wrote. */
  async logs(service: string): Promise<string> {
    const host = this.#hosts.find(({ name }) => name === service)
    if (!host) {
      throw new IsolaneError({
        code: 'ISOLANE_OPTION_INVALID',
        message: `The stack has no service "${service}"`,
        remedy: `choose one of ${this.#hosts.map(({ name }) => name).join(', ')}`,
      })
    }
    return host.logs()
  }

  /** Stops what was started. Safe to call twice. @throws the first error, after everything has been tried. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const pool = this.pool.close()
    const results = await Promise.allSettled([...this.#hosts.map((host) => host.close()), pool])
    this.run.end()
    const failed = results.find((result) => result.status === 'rejected')
    if (failed) throw failed.reason
  }
}

async function openHost(
  name: string,
  options: StackOptions,
  runtime: Runtime | undefined,
  means: ServiceMeans,
  limit: number,
  signal: AbortSignal,
  starts: Limiter,
  onLost: HostParts['onLost'],
): Promise<ServiceHost> {
  const { config, report } = options
  const definition = config.services[name]
  if (!definition || !runtime) throw new Error(`no service ${name}`)
  const context = { name, root: config.root, maximumLanes: limit, report, signal, ...means }
  const start = config.start[name]
  const template = await templateOf(definition, context, start)
  const parts: HostParts = { definition, runtime, context, template, onLost, ...(start ? { start } : {}) }
  if (hasInstancePerLane(config, parts)) return new ServicePerLane(parts, starts)
  return SharedService.open(options.keep ? { ...parts, kept: keptService(options.stateFolder, config, name) } : parts)
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

/** By service. What is needed is brought in side by side; a line tells what `auto` chose, and who runs where. */
async function chooseRuntimes(
  { config, report }: StackOptions,
  runtimes: RuntimeSet,
  maximumLanes: number,
  signal: AbortSignal,
): Promise<Readonly<Record<string, Runtime>>> {
  const chosen = await Promise.all(
    Object.entries(config.services).map(async ([name, { service, options }]) => {
      const context = { name, root: config.root, maximumLanes, report, signal, environment: process.env }
      const spec = service.spec(options, { ...context, credentials: newCredentials() })
      const wanted = config.runtime[name] ?? 'auto'
      return { name, wanted, ...(await runtimes.choose(wanted, spec, signal)) }
    }),
  )
  const isMixed = new Set(chosen.map(({ runtime }) => runtime)).size > 1
  if (isMixed || chosen.some(({ wanted }) => wanted === 'auto')) {
    report({ kind: 'info', subject: 'runtime', text: announce(chosen) })
  }
  return Object.fromEntries(chosen.map(({ name, runtime }) => [name, runtime]))
}

/** `docker for postgres, redis; native for neo4j (docker: there is no image …)`. */
function announce(chosen: readonly { name: string; runtime: Runtime; passed: readonly string[] }[]): string {
  const names = [...new Set(chosen.map(({ runtime }) => runtime.name))]
  return names
    .map((name) => {
      const mine = chosen.filter(({ runtime }) => runtime.name === name)
      const reasons = [...new Set(mine.flatMap(({ passed }) => passed))]
      const why = reasons.length > 0 ? ` (${reasons.join('; ')})` : ''
      return `${name} for ${mine.map((each) => each.name).join(', ')}${why}`
    })
    .join('; ')
}

async function sweepQuietly(runtimes: RuntimeSet, stateFolder: string, report: Report): Promise<void> {
  try {
    const swept = (await sweepDeadRuns(stateFolder, runtimes)).filter(({ removed }) => removed)
    if (swept.length > 0) {
      report({
        kind: 'info',
        subject: 'stack',
        text: `removed what an earlier run left: ${swept.map(({ what }) => what).join(', ')}`,
      })
    }
  } catch (error) {
    report({
      kind: 'warning',
      subject: 'stack',
      text: `could not remove what an earlier run left: ${messageOf(error)}`,
    })
  }
}
