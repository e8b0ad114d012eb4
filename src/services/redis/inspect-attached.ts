import type { ServiceContext } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'
import { type Administrator, failed, ReplyError } from './client.ts'
import { checkVersion, nameAndVersion, type ServerFacts, setting } from './inspect.ts'
import { reachScript } from './lease-scripts.ts'
import { type Grant, isTooOld, type RedisOptions } from './options.ts'

/** Finds out whether lanes can be made in a server that is not ours. Changes nothing. */
export async function inspectAttached(
  administrator: Administrator,
  grant: Grant,
  options: RedisOptions,
  context: ServiceContext,
): Promise<ServerFacts> {
  const [server, replication, databases] = await administrator.tryAll([
    ['INFO', 'server'],
    ['INFO', 'replication'],
    ['CONFIG', 'GET', 'databases'],
  ])
  if (server instanceof Error) throw refusedLogin(context, server)
  const info = nameAndVersion(String(server))
  checkVersion(info, options, context)
  if (isTooOld(info)) throw refused(context, `is ${info.name} ${info.version}`, 'use Redis 6.2 or Valkey 7.2, or newer')
  if (/^(redis|server)_mode:cluster/m.test(String(server))) {
    throw refused(
      context,
      'is in cluster mode, which has only DB 0 for all',
      'use one that is not, or let Isolane start one',
    )
  }
  if (/^role:slave/m.test(String(replication))) {
    throw refused(context, 'is a replica, which takes no writes', 'give the URL of its primary')
  }
  // Managed servers keep CONFIG to themselves; the highest number is then tried all the same.
  const count = databases instanceof Error ? undefined : Number(setting(databases))
  if (count !== undefined && grant.to >= count) throw beyond(context, grant, count)
  await reach(administrator, grant, context)
  return { ...info, databases: count ?? grant.to + 1 }
}

async function reach(administrator: Administrator, grant: Grant, context: ServiceContext): Promise<void> {
  try {
    await administrator.send('EVAL', reachScript, 0, grant.from, '', grant.to)
  } catch (error) {
    if (!(error instanceof ReplyError)) throw error
    if (/index is out of range/.test(error.message)) throw beyond(context, grant)
    const remedy = 'lanes need EVAL, SELECT and all commands on keys in the granted numbers; give its user those rights'
    throw failed('ISOLANE_ATTACH_REFUSED', `The Redis server of ${context.name} does not let us work`, remedy, error)
  }
}

function refusedLogin({ name }: ServiceContext, error: Error): Error {
  const remedy = 'correct the user and password in its URL, or let that user send INFO'
  return failed('ISOLANE_ATTACH_REFUSED', `The Redis server of ${name} refuses the given user`, remedy, error)
}

function beyond({ name }: ServiceContext, { from, to }: Grant, count?: number): IsolaneError {
  const has = count === undefined ? 'fewer' : count === 1 ? 'only DB 0' : `only 0–${count - 1}`
  return new IsolaneError({
    code: 'ISOLANE_ATTACH_REFUSED',
    message: `The DB numbers granted to ${name} are ${from}–${to}, and its Redis server has ${has}`,
    remedy: 'grant numbers that it has, or raise `databases` in its configuration',
  })
}

function refused({ name }: ServiceContext, why: string, remedy: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_ATTACH_REFUSED',
    message: `Lanes can't be made in the Redis server of ${name}: it ${why}`,
    remedy,
  })
}
