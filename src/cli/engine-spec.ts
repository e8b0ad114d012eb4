import { randomBytes } from 'node:crypto'
import { engines } from '../builtin.ts'
import type { EnvironmentId, InstanceSpec, ServiceDefinition } from '../core/contracts.ts'
import { IsolaneError } from '../core/errors.ts'
import { closest } from '../core/options.ts'
import { silent } from '../core/report.ts'

/** The server that a service would run for one lane, on any free ports. */
export function trialSpec(
  name: string,
  definition: ServiceDefinition,
  root: string,
  signal: AbortSignal,
): InstanceSpec {
  const spec = configuredSpec(name, definition, root, signal)
  return { ...spec, ports: Object.fromEntries(Object.keys(spec.ports).map((port) => [port, 0])) }
}

/** The server that a service would run for one lane, or for environments, on the ports that the config asks for. */
export function configuredSpec(
  name: string,
  definition: ServiceDefinition,
  root: string,
  signal: AbortSignal,
  environments: readonly EnvironmentId[] = [],
): InstanceSpec {
  const credentials = { username: 'isolane_admin', password: randomBytes(18).toString('base64url') }
  const held = environments.length > 0 ? { environments } : {}
  const context = { name, root, maximumLanes: 1, report: silent, signal, credentials, ...held }
  return definition.service.spec(definition.options, context)
}

/** A service for `postgres@17`. @throws ISOLANE_OPTION_INVALID, naming what there is. */
export async function defineEngine(text: string): Promise<ServiceDefinition> {
  const [name = '', ...rest] = text.split('@')
  const known = Object.hasOwn(engines, name) ? engines[name] : undefined
  const version = rest.length > 0 ? rest.join('@') : undefined
  if (!known || version === '') throw unknownEngine(text, name)
  return known.define(version)
}

function unknownEngine(text: string, name: string): IsolaneError {
  const meant = closest(name, Object.keys(engines))
  const there = Object.entries(engines).map(([engine, { versions }]) => `${engine} (${versions})`)
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `There is no engine "${text}"${meant && meant !== name ? `; did you mean "${meant}"` : ''}`,
    remedy: `choose NAME or NAME@VERSION from ${there.join(', ')}`,
  })
}
