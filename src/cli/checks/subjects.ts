import { engines } from '../../builtin.ts'
import type { ResolvedConfig } from '../../core/config.ts'
import type { EnvironmentId, InstanceSpec } from '../../core/contracts.ts'
import { silent } from '../../core/report.ts'
import { configuredSpec } from '../engine-spec.ts'

/** What the checks are about: the services of a project, or every engine there is. */
export interface Subject {
  /** The service's name, or the engine's. */
  readonly name: string
  readonly kind: string
  /** The runtime that the config asks for; every engine is looked for as `native` would. */
  readonly runtime: string
  readonly spec: InstanceSpec
  /** Its migrations and seeds can be read. Throws when they can't. */
  readTemplate(): Promise<void>
}

export async function subjectsOf(config: ResolvedConfig | undefined): Promise<Subject[]> {
  const { signal } = new AbortController()
  const root = config?.root ?? process.cwd()
  const definitions = config ? Object.entries(config.services) : await everyEngine()
  return definitions.map(([name, definition]) => ({
    name,
    kind: definition.service.kind,
    runtime: config ? (config.runtime[name] ?? 'auto') : 'native',
    spec: configuredSpec(name, definition, root, signal, config && plannedEnvironments(config)),
    readTemplate: async () => {
      const context = { name, root, maximumLanes: 1, report: silent, signal }
      await definition.service.template(definition.options, context)
    },
  }))
}

/** As `isolane up` would hold them, but for their passwords, which nobody is asked for here. */
function plannedEnvironments({ environments, name: stack }: ResolvedConfig): EnvironmentId[] {
  return Object.entries(environments).map(([name, environment], index) => ({
    name,
    number: index + 1,
    index,
    label: `${stack}-${name}`,
    protected: environment.protected === true,
  }))
}

async function everyEngine() {
  return Promise.all(
    Object.entries(engines).map(async ([name, { define }]) => [name, await define(undefined)] as const),
  )
}
