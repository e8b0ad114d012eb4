import type { InstanceSpec } from '../../core/contracts.ts'
import type { Ground } from './ground.ts'
import type { Places } from './placeholders.ts'
import type { ReservedPorts } from './ports.ts'
import type { Workplace } from './workplace.ts'

/** Everything about one instance that is being made or runs. */
export interface Setup extends Ground {
  readonly workplace: Workplace
  readonly places: Places
  /** `{warm}` is just being filled, so arguments may name files in it that are not there yet. */
  readonly isWarming?: boolean
}

/** Servers listen here only. */
export const host = '127.0.0.1'

export function setupFor(
  ground: Ground,
  workplace: Workplace,
  warm: string | undefined,
  ports: ReservedPorts = {},
): Setup {
  const numbers = Object.fromEntries(Object.entries(ports).map(([name, { port }]) => [name, port]))
  const { credentials } = ground.spec
  const places = {
    data: workplace.data,
    private: workplace.private,
    engine: ground.engine.folder,
    additions: Object.fromEntries(ground.additions.map(({ name, folder }) => [name, folder])),
    warm,
    host,
    ports: numbers,
    credentials,
  }
  return { ...ground, workplace, places }
}

/** For messages: `postgres 17.9 (database)`, or without the name in the config where it says the same. */
export function title({ spec, engine }: Pick<Ground, 'spec' | 'engine'>): string {
  const name = `${engine.name} ${engine.version}`
  return spec.service === engine.name ? name : `${name} (${spec.service})`
}

/** Servers and their tools may print what they were given. */
export function withoutPassword(text: string, spec: InstanceSpec): string {
  const { password } = spec.credentials
  return password ? text.replaceAll(password, '•••') : text
}
