import type { ResolvedConfig, Versions } from './config.ts'
import type { ServiceDefinition } from './contracts.ts'
import { IsolaneError } from './errors.ts'
import { closest } from './options.ts'
import { shortened } from './shortened.ts'

const longestName = 40

/** `postgres=16,redis=valkey@9` as versions by service. @throws ISOLANE_OPTION_INVALID */
export function parseVersions(text: string, source: string): Versions {
  const pairs = text.split(',').map((pair) => pair.split('=').map((part) => part.trim()))
  const isGood = pairs.every(([service, version, ...rest]) => service && version && rest.length === 0)
  const names = pairs.map(([service = '']) => service)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (isGood && twice === undefined) return Object.fromEntries(pairs)
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `${source}: ${JSON.stringify(text)} names ${isGood ? `two versions of ${twice}` : 'no versions'}`,
    remedy: 'write SERVICE=VERSION once for each, with commas between: postgres=16,redis=valkey@9',
  })
}

/** Those that a process is told by `ISOLANE_VERSIONS`. @throws ISOLANE_OPTION_INVALID */
export function versionsInEnvironment(
  { ISOLANE_VERSIONS: text }: NodeJS.ProcessEnv = process.env,
): Versions | undefined {
  return text ? parseVersions(text, 'ISOLANE_VERSIONS') : undefined
}

/** What {@link parseVersions} reads. Equal versions make equal texts, and so stacks of one name, in whatever order they are given. */
export function versionsText(versions: Versions): string {
  return Object.entries(sortedVersions(versions))
    .map(([service, version]) => `${service}=${version}`)
    .join(',')
}

/** By the names of the services. */
export function sortedVersions(versions: Versions): Versions {
  return Object.fromEntries(Object.entries(versions).sort(([left], [right]) => (left < right ? -1 : 1)))
}

/**
 * The same config with other versions. It is another stack, with a name of its own, so that both may run side by side; so
 * it is for test lanes, and holds no environments.
 * A service's own name counts for more than its kind.
 * @throws ISOLANE_OPTION_INVALID, ISOLANE_VERSION_UNSUPPORTED
 */
export function withVersions(config: ResolvedConfig, versions: Versions): ResolvedConfig {
  const services = { ...config.services }
  const isOwn = ([wanted]: readonly [string, unknown]) => Number(Object.hasOwn(services, wanted))
  const kindsFirst = Object.entries(versions).sort((left, right) => isOwn(left) - isOwn(right))
  for (const [wanted, version] of kindsFirst) {
    if (version === undefined) continue
    for (const name of servicesNamed(config, wanted)) services[name] = withVersion(name, services[name], version)
  }
  return { ...config, services, environments: {}, name: variantName(config.name, versionsText(versions)) }
}

/** The version of each service that has one, by service, as the config asks for it. */
export function versionsOf({ services }: ResolvedConfig): Versions {
  return Object.fromEntries(
    Object.entries(services).flatMap(([name, { service, options }]) =>
      service.versions ? [[name, service.versions.of(options)]] : [],
    ),
  )
}

/**
 * The services meant by a name: the one that is called so, else all of that kind.
 * @throws ISOLANE_OPTION_INVALID when there is none
 */
export function servicesNamed({ services }: ResolvedConfig, wanted: string): readonly string[] {
  if (Object.hasOwn(services, wanted)) return [wanted]
  const ofKind = Object.entries(services).filter(([, { service }]) => service.kind === wanted)
  if (ofKind.length > 0) return ofKind.map(([name]) => name)
  const names = Object.keys(services)
  const meant = closest(wanted, names)
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `The stack has no service "${wanted}"${meant === undefined ? '' : `; did you mean "${meant}"`}`,
    remedy: `choose from ${names.join(', ')}`,
  })
}

function withVersion(name: string, definition: ServiceDefinition | undefined, version: string): ServiceDefinition {
  const support = definition?.service.versions
  if (!definition || !support) {
    throw new IsolaneError({
      code: 'ISOLANE_OPTION_INVALID',
      message: `The service ${name} has no versions to choose from`,
      remedy: 'leave it out',
    })
  }
  return { ...definition, options: { ...(support.with(definition.options, version) as object) } }
}

/** `default-postgres-16-redis-valkey-9`. */
function variantName(name: string, versions: string): string {
  return shortened(`${name}-${versions.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`, longestName)
}
