import type { ResolvedConfig, Versions } from '../core/config.ts'
import { IsolaneError } from '../core/errors.ts'
import { servicesNamed } from '../core/versions.ts'

/** From which version of a service to which. */
export interface Edge {
  readonly service: string
  readonly from: string
  readonly to: string
}

/** `:` last: the others are never part of a version. */
const arrows = ['→', '->', '..', ':'] as const

/** `15→18`, `15->18`, `15..18`, `15:18`. @param source where it stands: `--postgres`. @throws ISOLANE_OPTION_INVALID */
export function parseEdge(text: string, source: string): Pick<Edge, 'from' | 'to'> {
  const arrow = arrows.find((each) => text.includes(each))
  const [from, to, ...rest] = arrow === undefined ? [] : text.split(arrow).map((version) => version.trim())
  if (from && to && rest.length === 0) return { from, to }
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `${source}: ${JSON.stringify(text)} does not say from which version to which`,
    remedy: 'write the old one, an arrow and the new one: 15→18, or 15..18',
  })
}

/**
 * What is to be upgraded, a service each. A service's own name counts for more than its kind.
 * @param given edges by a service's name or kind
 * @throws ISOLANE_OPTION_INVALID
 */
export function parseEdges(config: ResolvedConfig, given: Readonly<Record<string, string>>): readonly Edge[] {
  const edges = new Map<string, Edge>()
  const byKindFirst = Object.keys(given).sort(
    (left, right) => Number(left in config.services) - Number(right in config.services),
  )
  for (const wanted of byKindFirst) {
    const edge = parseEdge(given[wanted] ?? '', wanted)
    for (const service of servicesNamed(config, wanted)) edges.set(service, { service, ...edge })
  }
  if (edges.size > 0) return [...edges.values()]
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: 'It is not said what to upgrade',
    remedy: 'name a service and its versions, such as --postgres 15→18',
  })
}

/** The versions of one side, by service. */
export function versionsAt(edges: readonly Edge[], side: 'from' | 'to'): Versions {
  return Object.fromEntries(edges.map((edge) => [edge.service, edge[side]]))
}
