import type { ResolvedConfig } from '../core/config.ts'
import type { UpgradeWay, VersionSupport } from '../core/contracts.ts'
import { IsolaneError } from '../core/errors.ts'
import { withVersions } from '../core/versions.ts'
import { type Edge, versionsAt } from './edges.ts'

/** One service's upgrade. */
export interface PlannedUpgrade extends Edge {
  readonly kind: string
  readonly way: UpgradeWay
}

/** What is to be upgraded how. Services that are not named have the config's version on both sides. */
export interface UpgradePlan {
  readonly upgrades: readonly PlannedUpgrade[]
  /** The stack with the old versions. */
  readonly before: ResolvedConfig
  /** The stack with the new ones. */
  readonly after: ResolvedConfig
}

/**
 * Asks every service whether and how it can be upgraded, before anything starts.
 * @param way name of the way to take where an engine has it. Default: the usual one of each
 * @throws ISOLANE_UPGRADE_REFUSED with the path that works, ISOLANE_OPTION_INVALID, ISOLANE_VERSION_UNSUPPORTED
 */
export function planUpgrade(config: ResolvedConfig, edges: readonly Edge[], way?: string): UpgradePlan {
  // First, as it knows a path where there is no such version to run.
  const asked = edges.map((edge) => ({ edge, ways: waysOf(config, edge) }))
  const names = new Set(asked.flatMap(({ ways }) => ways.map(({ name }) => name)))
  if (way !== undefined && !names.has(way)) throw noSuchWay(way, [...names])
  return {
    upgrades: asked.map(({ edge, ways }) => ({
      ...edge,
      kind: config.services[edge.service]?.service.kind ?? '',
      way: ways.find(({ name }) => name === way) ?? ways[0],
    })),
    before: withVersions(config, versionsAt(edges, 'from')),
    after: withVersions(config, versionsAt(edges, 'to')),
  }
}

function waysOf(config: ResolvedConfig, { service, from, to }: Edge): ReturnType<VersionSupport['upgrade']> {
  const { options, service: { versions } = {} } = config.services[service] ?? {}
  if (!versions) throw hasNoVersions(service)
  if (config.runtime[service] === 'attach') throw runsAlready(service)
  if (from === to) throw sameVersion(service, from, to)
  const ways = versions.upgrade(from, to)
  const normal = (version: string) => versions.of(versions.with(options, version))
  if (normal(from) === normal(to)) throw sameVersion(service, from, to)
  return ways
}

function hasNoVersions(service: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `The service ${service} has no versions to choose from`,
    remedy: 'leave it out: it is the same on both sides then',
  })
}

function sameVersion(service: string, from: string, to: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `${service}: ${from === to ? from : `${from} and ${to}`} is the same version on both sides`,
    remedy: 'name two versions, or leave this service out: it is the same on both sides then',
  })
}

function runsAlready(service: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `${service} runs already and is attached to, so it has the version that it has`,
    remedy: 'rehearse with servers of our own: ISOLANE_RUNTIME=native, or docker',
  })
}

function noSuchWay(way: string, names: readonly string[]): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `--way: nothing here is upgraded by ${JSON.stringify(way)}`,
    remedy: `choose from ${names.join(', ')}`,
  })
}
