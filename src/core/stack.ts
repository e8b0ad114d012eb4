import { join } from 'node:path'
import type { ResolvedConfig } from './config.ts'
import type { LaneId, Runtime, RuntimeContext, ServiceContext } from './contracts.ts'
import { IsolaneError, messageOf } from './errors.ts'
import { laneEnvironment } from './lane-environment.ts'
import { LanePool, type PoolStatus } from './lane-pool.ts'
import type { Report } from './report.ts'
import { Run } from './run.ts'
import type { HostParts, ServiceHost, ServiceStatus } from './service-host.ts'
import { ServicePerLane } from './service-per-lane.ts'
import { SharedService } from './shared-service.ts'
import { sweepCore } from './sweep.ts'

/** Makes a runtime by name. */
export type Runtimes = Readonly<Record<string, (context: RuntimeContext) => Promise<Runtime>>>

export interface StackOptions {
  readonly config: ResolvedConfig
  readonly runtimes: Runtimes
  readonly stateFolder: string
  readonly cacheFolder: string
  /** How many workers will ask for lanes; decides how many are made ahead. */
  readonly workers: number
  readonly report: Report
  readonly signal: AbortSignal
}

export interface StackStatus {
  readonly name: string
  readonly root: string
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
  readonly #runtime: Runtime
  readonly #hosts: readonly ServiceHost[]
  #closing: Promise<void> | undefined

  private constructor(
    run: Run,
    config: ResolvedConfig,
    runtime: Runtime,
    hosts: readonly ServiceHost[],
    pool: LanePool,
  ) {
    this.run = run
    this.pool = pool
    this.#config = config
    this.#runtime = runtime
    this.#hosts = hosts
  }

  /**
   * Sweeps what dead runs left, starts every service side by side and has the first lane ready. When anything fails,
   * all that was begun is unwound and the first error thrown.
   */
  static async open(options: StackOptions): Promise<Stack> {
    const { config, report } = options
    const run = new Run(join(options.stateFolder, 'runs'), config.root)
    const runtime = await chooseRuntime(options, run).catch((error) => {
      run.end()
      throw error
    })
    await sweepQuietly(runtime, options.stateFolder, report)
    const limit = config.lanes ?? Math.max(16, 2 * options.workers + 2)
    const unwind = new AbortController()
    const signal = AbortSignal.any([options.signal, unwind.signal])
    let pool: LanePool | undefined
    const onLost = (name: string, why: string, lane?: LaneId) => {
      report({
        kind: 'warning',
        subject: name,
        text: `the server ended unasked and is started again: ${why.split('\n')[0]}`,
      })
      pool?.discard(lane?.number)
    }
    const opening = Object.keys(config.services).map((name) =>
      openHost(name, options, runtime, limit, signal, (why, lane) => onLost(name, why, lane)).catch((error) => {
        unwind.abort(error)
        throw error
      }),
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
      return new Stack(run, config, runtime, hosts, pool)
    } catch (error) {
      await pool?.close()
      await Promise.allSettled(hosts.map((host) => host.close()))
      run.end()
      throw error
    }
  }

  status(): StackStatus {
    return {
      name: this.#config.name,
      root: this.#config.root,
      runtime: this.#runtime.name,
      mode: this.#config.mode,
      services: this.#hosts.flatMap((host) => host.status() ?? []),
      pool: this.pool.status(),
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
  runtime: Runtime,
  limit: number,
  signal: AbortSignal,
  onLost: HostParts['onLost'],
): Promise<ServiceHost> {
  const { config, report } = options
  const definition = config.services[name]
  if (!definition) throw new Error(`no service ${name}`)
  const context: ServiceContext = { name, root: config.root, maximumLanes: limit, report, signal }
  const template = await definition.service.template(definition.options, context)
  const parts: HostParts = { definition, runtime, context, template, onLost }
  const perLane = config.mode === 'isolated' || definition.isolation === 'instance'
  return perLane ? new ServicePerLane(parts) : SharedService.open(parts)
}

/** `auto` takes the first runtime that works and says why the others did not. */
async function chooseRuntime(options: StackOptions, run: Run): Promise<Runtime> {
  const { config, runtimes, cacheFolder, report } = options
  const known = Object.keys(runtimes)
  if (config.runtime !== 'auto' && !known.includes(config.runtime)) {
    throw new IsolaneError({
      code: 'ISOLANE_RUNTIME_UNSUPPORTED',
      message: `There is no runtime "${config.runtime}"`,
      remedy: `set \`runtime\` (or ISOLANE_RUNTIME) to ${known.join(', ')} or auto`,
    })
  }
  const reasons: string[] = []
  for (const name of config.runtime === 'auto' ? known : [config.runtime]) {
    const runtime = await runtimes[name]?.({ run, cacheFolder, report })
    const probe = await runtime?.probe()
    if (runtime && probe?.ok) return runtime
    if (probe && !probe.ok) reasons.push(`${name}: ${probe.reason} (${probe.remedy})`)
  }
  throw new IsolaneError({
    code: 'ISOLANE_RUNTIME_UNSUPPORTED',
    message: `No runtime works on this machine: ${reasons.join('; ')}`,
    remedy: '`isolane doctor` checks each of them',
  })
}

async function sweepQuietly(runtime: Runtime, stateFolder: string, report: Report): Promise<void> {
  try {
    const swept = [...(await sweepCore(stateFolder, false)), ...(await runtime.sweep())].filter(
      ({ removed }) => removed,
    )
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
