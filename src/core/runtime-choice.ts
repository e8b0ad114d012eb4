import type { EngineSpec, InstanceSpec, Runtime, RuntimeContext } from './contracts.ts'
import { IsolaneError, isIsolaneError, messageOf } from './errors.ts'

/** How a runtime is made, by name. */
export type Runtimes = Readonly<
  Record<
    string,
    {
      /** Whether `auto` tries it; in the order in which they stand here. */
      readonly auto: boolean
      create(context: RuntimeContext): Promise<Runtime>
      /** See `programs` of a service's context. */
      programs?(engine: EngineSpec, context: RuntimeContext, signal: AbortSignal): Promise<string>
    }
  >
>

/** The runtimes of one stack: each is made once, when it is first needed. */
export class RuntimeSet {
  readonly #makers: Runtimes
  readonly #context: RuntimeContext
  readonly #made = new Map<string, Promise<Runtime>>()
  readonly #probes = new Map<string, ReturnType<Runtime['probe']>>()

  constructor(makers: Runtimes, context: RuntimeContext) {
    this.#makers = makers
    this.#context = context
  }

  /** @throws ISOLANE_RUNTIME_UNSUPPORTED when there is none of this name. */
  async get(name: string): Promise<Runtime> {
    const maker = this.#makers[name]
    if (!maker) throw unknownRuntime(name, Object.keys(this.#makers))
    const made = this.#made.get(name) ?? maker.create(this.#context)
    this.#made.set(name, made)
    return made
  }

  /** See `programs` of a service's context. */
  async programs(engine: EngineSpec, signal: AbortSignal): Promise<string> {
    const maker = Object.values(this.#makers).find(({ programs }) => programs)
    if (maker?.programs) return maker.programs(engine, this.#context, signal)
    throw new IsolaneError({
      code: 'ISOLANE_ENGINE_NOT_FOUND',
      message: `There is no ${engine.name} ${engine.version}, and no runtime that brings it in`,
      remedy: 'install it on this machine',
    })
  }

  /** All that were needed so far. */
  made(): Promise<readonly Runtime[]> {
    return Promise.all(this.#made.values())
  }

  /**
   * The runtime that a service asks for, with all that its start needs. `auto` takes the first that can and tells the
   * reasons of those before it.
   * @throws ISOLANE_RUNTIME_UNSUPPORTED with every reason, or what the only candidate said
   */
  async choose(
    wanted: string,
    spec: InstanceSpec,
    signal: AbortSignal,
  ): Promise<{ runtime: Runtime; passed: string[] }> {
    if (wanted !== 'auto') return { runtime: await this.#ready(wanted, spec, signal), passed: [] }
    const passed: string[] = []
    for (const name of this.#automatic) {
      const runtime = await this.get(name)
      const probe = await this.#probe(runtime)
      if (!probe.ok) {
        passed.push(`${name}: ${probe.reason}`)
        continue
      }
      try {
        await runtime.provide(spec, signal)
        return { runtime, passed }
      } catch (error) {
        if (!isIsolaneError(error, 'ISOLANE_RUNTIME_UNSUPPORTED', 'ISOLANE_IMAGE_UNAVAILABLE')) throw error
        passed.push(`${name}: ${error.reason}`)
      }
    }
    throw new IsolaneError({
      code: 'ISOLANE_RUNTIME_UNSUPPORTED',
      message: `No runtime can run ${spec.service} here: ${passed.join('; ')}`,
      remedy: '`isolane doctor` checks each of them',
    })
  }

  /**
   * All runtimes that something may have been kept on, whatever was asked for then, and names of those of them that do not
   * work here.
   * @param sure the one that it is on, where that is known
   * @throws ISOLANE_RUNTIME_UNSUPPORTED where that one does not work here
   */
  async keepers(sure?: string): Promise<{ readonly working: readonly Runtime[]; readonly silent: readonly string[] }> {
    const working: Runtime[] = sure === undefined ? [] : [await this.#working(sure)]
    const silent: string[] = []
    for (const name of this.#automatic.filter((each) => each !== sure)) {
      const runtime = await this.get(name)
      if ((await this.#probe(runtime)).ok) working.push(runtime)
      else silent.push(name)
    }
    return { working, silent }
  }

  async #ready(name: string, spec: InstanceSpec, signal: AbortSignal): Promise<Runtime> {
    const runtime = await this.#working(name)
    await runtime.provide(spec, signal)
    return runtime
  }

  async #working(name: string): Promise<Runtime> {
    const runtime = await this.get(name)
    const probe = await this.#probe(runtime)
    if (probe.ok) return runtime
    throw new IsolaneError({
      code: 'ISOLANE_RUNTIME_UNSUPPORTED',
      message: `The runtime ${name} does not work here: ${probe.reason}`,
      remedy: probe.remedy,
    })
  }

  get #automatic(): string[] {
    return Object.keys(this.#makers).filter((name) => this.#makers[name]?.auto)
  }

  async #probe(runtime: Runtime): ReturnType<Runtime['probe']> {
    const probing = this.#probes.get(runtime.name) ?? runtime.probe()
    this.#probes.set(runtime.name, probing)
    return probing.catch((error: unknown) => ({
      ok: false,
      reason: messageOf(error),
      remedy: '`isolane doctor` checks it',
    }))
  }
}

function unknownRuntime(name: string, known: readonly string[]): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_RUNTIME_UNSUPPORTED',
    message: `There is no runtime "${name}"`,
    remedy: `set \`runtime\` (or ISOLANE_RUNTIME) to ${known.join(', ')} or auto`,
  })
}
