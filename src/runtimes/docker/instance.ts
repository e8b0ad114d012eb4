import type { Endpoint, Instance, InstanceCommand, ProgramResult } from '../../core/contracts.ts'
import type { Registration } from '../../core/run.ts'
import { notRemoved } from './failures.ts'
import type { Plan } from './ground.ts'
import { lastLog } from './log.ts'
import { memoryOf } from './memory.ts'
import { endContainer, removeContainer } from './remove.ts'
import { runProgram } from './run-program.ts'
import type { Container } from './testcontainers.ts'

export interface Running {
  readonly name: string
  readonly container: Container
  readonly ports: Endpoint['ports']
  readonly registration: Registration
}

/** A server in a container of its own. */
export class DockerInstance implements Instance {
  readonly endpoint: Endpoint
  readonly owned = true
  readonly origin: string
  readonly ended: Promise<string>
  readonly #plan: Plan
  readonly #running: Running
  readonly #unwatch: () => void
  readonly #ending = new AbortController()
  #disposed: Promise<void> | undefined

  private constructor(plan: Plan, running: Running, ended: Promise<string>, unwatch: () => void) {
    const { engine, spec, blueprint } = plan
    this.endpoint = { host: engine.host, ports: running.ports, credentials: spec.credentials }
    this.origin = `${blueprint.image.name} in the container ${running.name}`
    this.ended = ended
    this.#plan = plan
    this.#running = running
    this.#unwatch = unwatch
  }

  /** From now on its end is noticed. */
  static async of(plan: Plan, running: Running): Promise<DockerInstance> {
    const { promise, resolve } = Promise.withResolvers<string>()
    const title = `${plan.blueprint.image.name} (container ${running.name})`
    const unwatch = await plan.watch.watch(running.container.id, (how) => resolve(`${title} ${how}`))
    return new DockerInstance(plan, running, promise, unwatch)
  }

  logs(): Promise<string> {
    return lastLog(this.#running.container, this.#plan.spec)
  }

  async memory(): Promise<number | undefined> {
    return memoryOf(this.#running.container)
  }

  run(command: InstanceCommand): Promise<ProgramResult | undefined> {
    const signals = [this.#ending.signal, ...(command.signal ? [command.signal] : [])]
    return runProgram(command, this.#running.container, this.#plan, AbortSignal.any(signals))
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#dispose()
    return this.#disposed
  }

  async #dispose(): Promise<void> {
    const { name, container, registration } = this.#running
    this.#unwatch()
    this.#ending.abort(new Error('the server was stopped'))
    try {
      // Data that are thrown away need no farewell.
      await (this.#plan.keep === undefined ? removeContainer : endContainer)(container)
    } catch (error) {
      throw notRemoved(name, this.#plan, error)
    }
    registration.release()
  }
}
