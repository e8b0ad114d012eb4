import type { LaneEndpoints, ResolvedConfig } from './config.ts'
import type { LaneId } from './contracts.ts'

/**
 * The environment of one lane. A variable that several services have is that of the first of them, and a service that is
 * named as its kind comes before all others; the config's `env` names the others' own.
 */
export function laneEnvironment(
  config: ResolvedConfig,
  lane: LaneId,
  endpoints: LaneEndpoints,
): Record<string, string> {
  const { environments, name } = config
  // Nor does a program take an environment's containers for its own.
  const prefix = Object.keys(environments).length > 0 ? { CONTAINER_PREFIX: `${name}-lane-${lane.number}` } : {}
  return { ENVIRONMENT: 'test', ISOLANE_LANE: lane.name, ...prefix, ...serviceVariables(config, endpoints) }
}

/** Those of the services, and the config's own. */
export function serviceVariables(config: ResolvedConfig, endpoints: LaneEndpoints): Record<string, string> {
  const variables = Object.values(variablesByService(config, endpoints)).toReversed()
  return Object.assign({}, ...variables, config.env(endpoints))
}

/** What workers see until they have leased a lane: the same variables, and every address leads nowhere. */
export function nowhereEnvironment(config: ResolvedConfig): Record<string, string> {
  return laneEnvironment(config, { number: 0, name: '' }, nowhereEndpoints(config))
}

/** Says which services' variables are another one's, unless the config's `env` names any. */
export function unnamedVariables(config: ResolvedConfig): string[] {
  const endpoints = nowhereEndpoints(config)
  if (Object.keys(config.env(endpoints)).length > 0) return []
  const owners = new Map<string, string>()
  return Object.entries(variablesByService(config, endpoints)).flatMap(([name, variables]) => {
    const taken = Object.keys(variables).filter((variable) => owners.has(variable))
    const by = new Set(taken.map((variable) => owners.get(variable)))
    for (const variable of Object.keys(variables)) if (!owners.has(variable)) owners.set(variable, name)
    if (taken.length === 0) return []
    const others = [...by].join(', ')
    return [`${taken.join(', ')}: the way to ${others}, not to ${name}; name that one's own with \`env\``]
  })
}

function nowhereEndpoints(config: ResolvedConfig): LaneEndpoints {
  return Object.fromEntries(Object.entries(config.services).map(([name, { service }]) => [name, service.nowhere]))
}

/** First those that come first. */
function variablesByService(
  config: ResolvedConfig,
  endpoints: LaneEndpoints,
): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const isNamedAsKind = ([name, { service }]: Services[number]) => Number(name === service.kind)
  const services: Services = Object.entries(config.services)
  return Object.fromEntries(
    services
      .sort((left, right) => isNamedAsKind(right) - isNamedAsKind(left))
      .flatMap(([name, { service, options }]) => {
        const endpoint = endpoints[name]
        return endpoint ? [[name, service.env(endpoint, options)]] : []
      }),
  )
}

type Services = [name: string, definition: ResolvedConfig['services'][string]][]
