import type { ResolvedConfig } from '../core/config.ts'
import type { SpecContext } from '../core/contracts.ts'
import { IsolaneError } from '../core/errors.ts'
import { silent } from '../core/report.ts'
import { newCredentials } from '../core/service-host.ts'
import { type Source, sourceText } from './source.ts'

/**
 * Old and new run side by side until all is copied, so they can't have the same ports.
 * @throws ISOLANE_PORT_TAKEN naming the first that both would have
 */
export function checkPorts(config: ResolvedConfig, sources: readonly Source[]): void {
  const environments = Object.keys(config.environments).map((name, index) => ({
    name,
    number: index + 1,
    index,
    label: `${config.name}-${name}`,
    protected: false,
  }))
  for (const [name, { service, options }] of Object.entries(config.services)) {
    const context: SpecContext = {
      name,
      root: config.root,
      maximumLanes: 1,
      report: silent,
      signal: new AbortController().signal,
      environment: process.env,
      credentials: newCredentials(),
      environments,
    }
    const wanted = new Set(Object.values(service.spec(options, context).ports))
    const holder = sources.find(({ url }) => isHere(url) && wanted.has(portOf(url)))
    if (holder) throw taken(name, service.kind, holder)
  }
}

const usual: Readonly<Record<string, number>> = {
  postgres: 5432,
  postgresql: 5432,
  redis: 6379,
  bolt: 7687,
  neo4j: 7687,
}

function portOf(url: string): number {
  const { port, protocol } = new URL(url)
  return port === '' ? (usual[protocol.split(/[+:]/)[0] ?? ''] ?? 0) : Number(port)
}

function isHere(url: string): boolean {
  return /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(new URL(url).hostname)
}

function taken(name: string, kind: string, holder: Source): IsolaneError {
  const port = portOf(holder.url)
  return new IsolaneError({
    code: 'ISOLANE_PORT_TAKEN',
    message: `The new ${name} would answer on port ${port}, where the old one still does: ${sourceText(holder)}`,
    remedy: `give it another one in the config for now: \`${name}: ${kind}({ port: ${port + 10_000} })\`. Once the old one is stopped, take that out again, and run \`isolane up\` and \`isolane env files\``,
  })
}
