import type { ServiceContext } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'
import type { Administrator } from './client.ts'
import { holdsEnvironments } from './environments/layout.ts'
import { parseVersion, type RedisOptions } from './options.ts'

export interface ServerVersion {
  readonly name: 'redis' | 'valkey'
  /** Exact. */
  readonly version: string
}

/** What the server says of itself. */
export interface ServerFacts extends ServerVersion {
  /** How many DB numbers there are. */
  readonly databases: number
}

/** Holds the server that we have started against what was asked for. */
export async function inspect(
  administrator: Administrator,
  options: RedisOptions,
  context: ServiceContext,
): Promise<ServerFacts> {
  const [info, databases, save, appendOnly, sync, users] = await administrator.sendAll([
    ['INFO', 'server'],
    ['CONFIG', 'GET', 'databases'],
    ['CONFIG', 'GET', 'save'],
    ['CONFIG', 'GET', 'appendonly'],
    ['CONFIG', 'GET', 'appendfsync'],
    ['ACL', 'LIST'],
  ])
  const facts = { ...nameAndVersion(String(info)), databases: Number(setting(databases)) }
  checkVersion(facts, options, context)
  if (holdsEnvironments(context)) {
    const isDurable = setting(appendOnly) === 'yes' && setting(sync) === 'always'
    if (!isDurable) throw misconfigured(context, 'does not have on disk what it acknowledges')
  } else if (setting(save) !== '' || setting(appendOnly) !== 'no') {
    throw misconfigured(context, 'writes its data to disk')
  }
  if (isOpenToAll(users)) throw misconfigured(context, 'lets anyone in without a password')
  return facts
}

export function nameAndVersion(info: string): ServerVersion {
  const valkey = /^valkey_version:(\S+)/m.exec(info)?.[1]
  if (valkey !== undefined) return { name: 'valkey', version: valkey }
  return { name: 'redis', version: /^redis_version:(\S+)/m.exec(info)?.[1] ?? 'unknown' }
}

export function checkVersion(facts: ServerVersion, options: RedisOptions, context: ServiceContext): void {
  const wanted = parseVersion(options.version)
  if (!wanted) return
  if (facts.name === wanted.name && `${facts.version}.`.startsWith(`${wanted.version}.`)) return
  throw new IsolaneError({
    code: 'ISOLANE_VERSION_UNSUPPORTED',
    message: `${context.name} asks for ${wanted.name} ${wanted.version}, and its server is ${facts.name} ${facts.version}`,
    remedy: 'correct the `version` option, or install the version it asks for',
  })
}

/** `CONFIG GET` answers with a list, or with a map where the client speaks RESP3. */
export function setting(reply: unknown): string {
  if (Array.isArray(reply)) return String(reply[1])
  return String(Object.values(reply ?? {})[0])
}

function isOpenToAll(users: unknown): boolean {
  const everyone = Array.isArray(users) ? users.map(String).find((user) => user.startsWith('user default ')) : undefined
  return everyone === undefined || (/ on /.test(everyone) && / nopass /.test(everyone))
}

function misconfigured(context: ServiceContext, what: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_START_FAILED',
    message: `The Redis server of ${context.name} ${what}, against its configuration`,
    remedy: 'look for a program that reconfigures it while it runs',
  })
}
