import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { ResolvedConfig } from './config.ts'
import type { Runtime } from './contracts.ts'
import { EnvironmentRecord } from './environment-record.ts'
import type { EnvironmentStatus } from './environment-status.ts'
import { Environments } from './environments.ts'
import { IsolaneError, messageOf } from './errors.ts'
import { laneEnvironment, unnamedVariables } from './lane-environment.ts'
import { LanePool } from './lane-pool.ts'
import type { PoolStatus, StatusOptions } from './lane-status.ts'
import { Limiter } from './limiter.ts'
import {
  allHosts,
  type Held,
  type OpeningHosts,
  openHosts,
  type ServiceHosts,
  type ServiceMeans,
} from './open-hosts.ts'
import type { Report } from './report.ts'
import { Run } from './run.ts'
import { RuntimeSet, type Runtimes } from './runtime-choice.ts'
import { newCredentials, type ServiceHost, type ServiceStatus } from './service-host.ts'
import { sweepDeadRuns } from './sweep.ts'
import { makeTemporaryFolder } from './temporary-folder.ts'

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
  /** Of a stack that stays up and has any. */
  readonly environments?: readonly EnvironmentStatus[]
}

/** The services of one project, running. */
export class Stack {
  readonly run: Run
  readonly pool: LanePool
  readonly #config: ResolvedConfig
  readonly #hosts: readonly ServiceHost[]
  /** Absent where it has test lanes alone. */
  readonly environments: Environments | undefined
  #closing: Promise<void> | undefined

  private constructor(
    run: Run,
    config: ResolvedConfig,
    hosts: readonly ServiceHost[],
    pool: LanePool,
    environments: Environments | undefined,
  ) {
    this.run = run
    this.pool = pool
    this.environments = environments
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
    const orEnd = (error: unknown) => {
      run.end()
      throw error
    }
    const held = await heldEnvironments(options).catch(orEnd)
    const chosen = await chooseRuntimes(options, held, runtimes, limit, signal).catch(orEnd)
    await sweepQuietly(runtimes, options.stateFolder, report)
    let pool: LanePool | undefined
    let environments: Environments | undefined
    const lostEarly = new Set<string>()
    const onLost: OpeningHosts['onLost'] = (name, why, { serves, lane }) => {
      report({
        kind: 'warning',
        subject: name,
        text: `the server ended unasked and is started again: ${why.split('\n')[0]}`,
      })
      if (serves !== 'environments') pool?.discard(lane?.number)
      if (serves === 'lanes') return
      if (environments) environments.reopen(name)
      else lostEarly.add(name)
    }
    const means: ServiceMeans = {
      programs: (engine) => runtimes.programs(engine, signal),
      temporaryFolder: () => makeTemporaryFolder(run),
    }
    // More starts at once than this only take longer, and may run into their time limits.
    const starts = new Limiter(Math.max(2, availableParallelism()))
    const kept = options.keep && !held ? { kept: options.stateFolder } : {}
    const opening = Object.entries(chosen).map(([name, runtime]) =>
      openHosts({ name, runtime, config, held, ...kept, means, limit, signal, starts, report, onLost }).catch(
        (error) => {
          unwind.abort(error)
          throw error
        },
      ),
    )
    const results = await Promise.allSettled(opening)
    const opened = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    const hosts = allHosts(opened)
    try {
      if (opened.length < results.length) throw unwind.signal.reason
      environments = held && (await openEnvironments(config, held, opened, report))
      for (const name of lostEarly) environments?.reopen(name)
      pool = new LanePool({
        hosts: opened.flatMap(({ lanes }) => lanes ?? []),
        limit,
        leaseTimeout: config.leaseTimeout,
        report,
        env: (id, endpoints) => laneEnvironment(config, id, endpoints),
      })
      if (pool.hasLanes) await pool.warm(options.workers + 1)
      return new Stack(run, config, hosts, pool, environments)
    } catch (error) {
      await pool?.close()
      await Promise.allSettled(hosts.map((host) => host.close()))
      run.end()
      throw error
    }
  }

  async status({ passwords = false, facts = false }: StatusOptions = {}): Promise<StackStatus> {
    const [limits, environments] = await Promise.all([
      facts ? this.environments?.limits() : undefined,
      this.environments?.status({ facts }),
    ])
    const described = await Promise.all(
      this.#hosts.map(async (host) => {
        const [status, memoryBytes] = await Promise.all([host.status(), facts ? host.memory?.() : undefined])
        const ofHost = status?.serves === 'lanes' ? undefined : limits?.[host.name]
        return (
          status && {
            ...status,
            ...(passwords ? { endpoints: host.endpoints() } : {}),
            ...(ofHost ? { limits: ofHost } : {}),
            ...(memoryBytes === undefined ? {} : { memoryBytes }),
          }
        )
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
      ...(environments ? { environments } : {}),
    }
  }

  /** The last lines a service's servers wrote. */
  async logs(service: string): Promise<string> {
    const hosts = this.#hosts.filter(({ name }) => name === service)
    if (hosts.length === 0) {
      throw new IsolaneError({
        code: 'ISOLANE_OPTION_INVALID',
        message: `The stack has no service "${service}"`,
        remedy: `choose one of ${[...new Set(this.#hosts.map(({ name }) => name))].join(', ')}`,
      })
    }
    return (await Promise.all(hosts.map((host) => host.logs()))).join('')
  }

  /** Stops what was started. Safe to call twice. @throws the first error, after everything has been tried. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    // What is being done to an environment is done to its end.
    await this.environments?.settle()
    const pool = this.pool.close()
    const results = await Promise.allSettled([...this.#hosts.map((host) => host.close()), pool])
    this.run.end()
    const failed = results.find((result) => result.status === 'rejected')
    if (failed) throw failed.reason
  }
}

/** By service. What is needed is brought in side by side; a line tells what `auto` chose, and who runs where. */
async function chooseRuntimes(
  { config, report }: StackOptions,
  held: Held | undefined,
  runtimes: RuntimeSet,
  maximumLanes: number,
  signal: AbortSignal,
): Promise<Readonly<Record<string, Runtime>>> {
  const chosen = await Promise.all(
    Object.entries(config.services).map(async ([name, { service, options }]) => {
      const context = { name, root: config.root, maximumLanes, report, signal, environment: process.env }
      const spec = service.spec(options, { ...context, credentials: newCredentials() })
      const asked = config.runtime[name] ?? 'auto'
      // What works just now may be another one than that which has the data.
      const wanted = asked === 'auto' ? (held?.record.runtimes[name] ?? asked) : asked
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

/** Of a stack that stays up: a run of its own has test lanes alone. */
async function heldEnvironments({ config, keep, stateFolder, report }: StackOptions): Promise<Held | undefined> {
  if (!keep || Object.keys(config.environments).length === 0) return undefined
  const record = await EnvironmentRecord.open(stateFolder, config)
  for (const name of record.forgotten) {
    const text = `the config has it no more; its data stay, and come back with it (\`isolane down --data\` removes those of all)`
    report({ kind: 'info', subject: name, text })
  }
  return { record, ids: await record.ids(), stateFolder }
}

async function openEnvironments(
  config: ResolvedConfig,
  { ids }: Held,
  opened: readonly ServiceHosts[],
  report: Report,
): Promise<Environments> {
  return Environments.open({ config, ids, hosts: opened.flatMap(({ environments }) => environments ?? []), report })
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
