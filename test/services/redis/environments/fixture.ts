import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EnvironmentId, Instance, Runtime } from '../../../../src/core/contracts.ts'
import { cacheFolder } from '../../../../src/core/folders.ts'
import type { ReportEvent } from '../../../../src/core/report.ts'
import { Run } from '../../../../src/core/run.ts'
import { createDockerRuntime } from '../../../../src/runtimes/docker/index.ts'
import { createNativeRuntime } from '../../../../src/runtimes/native/index.ts'
import { EnvironmentsSession } from '../../../../src/services/redis/environments/session.ts'
import { type RedisLane, type RedisOptions, redis } from '../../../../src/services/redis/index.ts'
import { connect } from '../fixture.ts'

export const dev = environment('dev', 0)
export const staging = environment('staging', 2)
const administrator = { username: 'isolane_admin', password: 'an-administrators-secret' }

export function environment(name: string, index: number, password?: string): EnvironmentId {
  const given = password === undefined ? {} : { password }
  return { name, index, number: index + 1, label: `tta-${name}`, protected: name === 'staging', ...given }
}

export interface OpenedEnvironments extends AsyncDisposable {
  readonly session: EnvironmentsSession
  readonly lanes: readonly RedisLane[]
  readonly reports: readonly ReportEvent[]
  /** Another session on the same server. */
  again(environments: readonly EnvironmentId[]): Promise<EnvironmentsSession>
  /** SIGKILL. It is dead when this resolves. */
  kill(): Promise<void>
}

/** Where a server's data stay when it ends. */
export class Home implements AsyncDisposable {
  /** The data of a local server are below. */
  readonly folder = mkdtempSync(join(tmpdir(), 'isolane-redis-home-'))
  readonly #run = new Run(join(this.folder, 'runs'), 'redis-test')
  readonly #keep = `redis-test-${this.#run.id}`
  readonly #reports: ReportEvent[] = []
  readonly #runtime: Runtime

  constructor(create = createNativeRuntime) {
    const report = (event: ReportEvent) => void this.#reports.push(event)
    this.#runtime = create({ run: this.#run, cacheFolder: cacheFolder(), report })
  }

  static inDocker(): Home {
    return new Home(createDockerRuntime)
  }

  /** A server on the data that are there, with environments, as a stack that stays up opens it. */
  async open(environments: readonly EnvironmentId[], options: RedisOptions = {}): Promise<OpenedEnvironments> {
    const { service, options: checked } = redis(options)
    const reports: ReportEvent[] = []
    const report = (event: ReportEvent) => void reports.push(event)
    const { signal } = new AbortController()
    const context = { name: 'cache', root: this.folder, maximumLanes: 4, report, signal, environments }
    const spec = { ...service.spec(checked, { ...context, credentials: administrator }), ports: { redis: 0 } }
    await this.#runtime.provide(spec, signal)
    const instance = await this.#runtime.start(spec, { signal, keep: this.#keep })
    const sessions: EnvironmentsSession[] = []
    const again = async (those: readonly EnvironmentId[]) => {
      const session = await service.open(instance, checked, { ...context, environments: those })
      if (!(session instanceof EnvironmentsSession)) throw new Error('the server holds no environments')
      sessions.push(session)
      await session.prepare(await service.template(checked, context))
      return session
    }
    const close = async () => {
      for (const session of sessions) await session[Symbol.asyncDispose]()
      await instance[Symbol.asyncDispose]()
    }
    try {
      const session = await again(environments)
      const lanes: RedisLane[] = []
      for (const each of environments) lanes.push(await session.environments.open(each))
      const kill = async () => {
        killServer(instance)
        await instance.ended
        await close()
      }
      return { session, lanes, reports, again, kill, [Symbol.asyncDispose]: close }
    } catch (error) {
      await close()
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#runtime.forget?.(this.#keep)
    this.#run.end()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

function killServer({ pid, origin }: Instance): void {
  if (pid !== undefined) process.kill(pid, 'SIGKILL')
  else execFileSync('docker', ['kill', origin.split(' ').at(-1) ?? ''], { stdio: 'ignore' })
}

/** A client of the server's own administrator. */
export function asAdministrator(lane: RedisLane, number: number): ReturnType<typeof connect> {
  const url = new URL(lane.url)
  Object.assign(url, administrator)
  return connect({ ...lane, url: url.href }, { db: number })
}
