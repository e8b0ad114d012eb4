import type { ResolvedConfig } from '../../core/config.ts'
import { noSuchEnvironment } from '../../core/environment-errors.ts'
import type { EnvironmentStatus } from '../../core/environment-status.ts'
import { IsolaneError } from '../../core/errors.ts'
import type { Lane } from '../../core/lane.ts'
import type { LaneClient } from '../../core/lane-client.ts'
import type { StackStatus } from '../../core/stack.ts'

/**
 * The environments that a stack holds.
 * @param names those that are wanted. Default: all
 * @throws ISOLANE_OPTION_INVALID where it holds none, or not those
 */
export function environmentsOf(
  { root }: ResolvedConfig,
  { environments = [] }: Pick<StackStatus, 'environments'>,
  names: readonly string[] = [],
): readonly EnvironmentStatus[] {
  if (environments.length === 0) {
    throw new IsolaneError({
      code: 'ISOLANE_OPTION_INVALID',
      message: `The stack of ${root} that is up holds no environments`,
      remedy: 'name some in the config (`environments: { dev: {}, test: { lanes: true } }`), then `isolane up` again',
    })
  }
  const known = environments.map(({ name }) => name)
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) throw noSuchEnvironment(unknown, known)
  return names.length > 0 ? environments.filter(({ name }) => names.includes(name)) : environments
}

/** One of them with its passwords. @throws ISOLANE_OPTION_INVALID, ISOLANE_SERVER_UNREACHABLE */
export async function lookAt(config: ResolvedConfig, client: LaneClient, name: string): Promise<Lane> {
  environmentsOf(config, await client.request('status', {}), [name])
  return client.request('look', { lane: name })
}
