import type { ResolvedConfig } from './config.ts'
import { fingerprint } from './fingerprint.ts'
import { silent } from './report.ts'
import { templateOf } from './start-state.ts'

/**
 * Names everything that decides what a stack's lanes hold: options, migrations, seeds, mode, runtime. A long-lived
 * stack with another fingerprint is not what this run's config asks for.
 */
export async function stackFingerprint(config: ResolvedConfig, signal: AbortSignal): Promise<string> {
  const services = await Promise.all(
    Object.entries(config.services).map(async ([name, definition]) => {
      const context = { name, root: config.root, maximumLanes: 1, report: silent, signal }
      const template = await templateOf(definition, context, config.start[name])
      return [name, definition.service.kind, definition.isolation ?? 'shared', template.fingerprint, definition.options]
    }),
  )
  const { name, root, runtime, mode, reset, leaseTimeout, lanes, env, environments } = config
  return fingerprint(
    stable([services, name, root, runtime, mode, reset, leaseTimeout, lanes ?? null, env, environments]),
  )
}

/** JSON with functions as their source and keys in order. */
function stable(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part === 'function') return String(part)
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
    return Object.fromEntries(Object.entries(part).sort(([left], [right]) => (left < right ? -1 : 1)))
  })
}
