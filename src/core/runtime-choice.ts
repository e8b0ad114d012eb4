import type { InstanceSpec, Runtime, RuntimeContext } from './contracts.ts'
import { IsolaneError, isIsolaneError, messageOf } from './errors.ts'

/** How a runtime is made, by name. */
export type Runtimes = Readonly<
  Record<
    string,
    {
      /** Whether `auto` tries it; in the order in which they stand here. */
      readonly auto: boolean
      create(context: RuntimeContext): Promise<Runtime>
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
    for (const name of Object.keys(this.#makers).filter((each) => this.#makers[each]?.auto)) {
      try {
        return { runtime: await this.#ready(name, spec, signal), passed }
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

  async #ready(name: string, spec: InstanceSpec, signal: AbortSignal): Promise<Runtime> {
    const runtime = await this.get(name)
    const probing = this.#probes.get(name) ?? runtime.probe()
    this.#probes.set(name, probing)
    const probe = await probing.catch((error: unknown) => ({
      ok: false as const,
      reason: messageOf(error),
      remedy: '`isolane doctor` checks it',
    }))
    if (!probe.ok) {
      throw new IsolaneError({
        code: 'ISOLANE_RUNTIME_UNSUPPORTED',
        message: `The runtime ${name} does not work here: ${probe.reason}`,
        remedy: probe.remedy,
      })
    }
    await runtime.provide(spec, signal)
    return runtime
  }
}

function unknownRuntime(name: string, known: readonly string[]): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_RUNTIME_UNSUPPORTED',
    message: `There is no runtime "${name}"`,
    remedy: `set \`runtime\` (or ISOLANE_RUNTIME) to ${known.join(', ')} or auto`,
  })
}
