import type { ResolvedConfig } from '../../core/config.ts'
import type { EngineSpec, InstanceSpec, Runtime, SavedState, ServiceContext, Template } from '../../core/contracts.ts'
import { fingerprint } from '../../core/fingerprint.ts'
import type { Report } from '../../core/report.ts'
import type { RuntimeSet } from '../../core/runtime-choice.ts'
import { closeService, newCredentials, openService } from '../../core/service-host.ts'
import { canonicalJson } from '../canonical-json.ts'
import { refused } from './refused.ts'

/** A service whose template can be taken elsewhere. */
export interface Travelling {
  readonly name: string
  readonly kind: string
  readonly fingerprint: string
  /** What is kept of it here now. */
  saved(): Promise<SavedState>
  /** Starts a server, which makes the template and keeps it, and ends that again. */
  make(): Promise<void>
}

/** Which templates of a stack can be taken elsewhere. */
export interface TemplatePlan {
  /** Names what they hold, and what they fit: the same wherever they can be used. */
  readonly key: string
  readonly travelling: readonly Travelling[]
  /** Those that can't, and why. */
  readonly staying: readonly Staying[]
}

export interface Staying {
  readonly name: string
  readonly reason: string
}

export interface PlanOptions {
  readonly config: ResolvedConfig
  readonly runtimes: RuntimeSet
  readonly report: Report
  readonly signal: AbortSignal
}

/**
 * Finds out which of a stack's templates can be taken elsewhere. Starts nothing; engines are found, or provided.
 * @throws ISOLANE_TEMPLATE_REFUSED when none can
 */
export async function planTemplates(options: PlanOptions): Promise<TemplatePlan> {
  const services = await Promise.all(Object.keys(options.config.services).map((name) => look(name, options)))
  const travelling = services.filter((service) => 'make' in service)
  const staying = services.filter((service) => 'reason' in service)
  if (travelling.length === 0) throw nothingTravels(staying)
  return { key: await keyOf(travelling), travelling, staying }
}

export function nothingTravels(staying: readonly Staying[]): Error {
  return refused(
    `No template of this stack can be taken elsewhere: ${staying.map(({ name, reason }) => `${name}: ${reason}`).join('; ')}`,
    'templates travel of services that run natively (`runtime: "native"`, or ISOLANE_RUNTIME=native)',
  )
}

async function look(name: string, { config, runtimes, report, signal }: PlanOptions): Promise<Travelling | Staying> {
  const definition = config.services[name]
  if (!definition) throw new Error(`no service ${name}`)
  const { service, options } = definition
  const programs = (engine: EngineSpec) => runtimes.programs(engine, signal)
  const context: ServiceContext = { name, root: config.root, maximumLanes: 1, report, signal, programs }
  const template = await service.template(options, context)
  const spec = service.spec(options, { ...context, credentials: newCredentials(), environment: process.env })
  const { runtime } = await runtimes.choose(config.runtime[name] ?? 'auto', spec, signal)
  const saved = () => runtime.saved?.(spec, template.fingerprint, signal) ?? Promise.resolve(undefined)
  const reason = whyNot(runtime, spec, template) ?? ((await saved()) ? undefined : 'it keeps nothing between runs')
  if (reason !== undefined) return { name, reason }
  return {
    name,
    kind: service.kind,
    fingerprint: template.fingerprint,
    saved: async () => (await saved()) as SavedState,
    make: async () => {
      await closeService(await openService({ definition, runtime, context, template, onLost: () => {} }))
    },
  }
}

function whyNot(runtime: Runtime, spec: InstanceSpec, { cacheable }: Template): string | undefined {
  if (spec.folder) return 'its databases are files, which are made anew in each run'
  if (runtime.attaches) return "it lives in a server that is not Isolane's"
  if (!runtime.saved) return `on the runtime ${runtime.name} it is made anew in each run`
  if (cacheable) return undefined
  return 'its migrations or seed are a command or function without `inputs`, so nothing tells what it was made from'
}

/** `isolane-template-linux-x64-0123456789abcdef` */
async function keyOf(services: readonly Travelling[]): Promise<string> {
  const parts = await Promise.all(
    services.map(async ({ name, fingerprint: template, saved }) => ({ name, template, fits: (await saved()).fits })),
  )
  const sorted = parts.sort((left, right) => (left.name < right.name ? -1 : 1))
  return `isolane-template-${process.platform}-${process.arch}-${fingerprint(canonicalJson(sorted)).slice(0, 16)}`
}
