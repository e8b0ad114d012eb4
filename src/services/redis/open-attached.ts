import { randomBytes } from 'node:crypto'
import type { Instance, ServiceContext } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'
import { type Access, probeAccess } from './access.ts'
import { Administrator, ReplyError } from './client.ts'
import { userPrefix } from './dead-sessions.ts'
import { inspectAttached } from './inspect-attached.ts'
import { GivenUser, OwnUsers } from './lane-users.ts'
import { LeasedNumbers } from './leased-numbers.ts'
import type { ServerParts } from './open-own.ts'
import type { RedisOptions } from './options.ts'
import { Place } from './snapshots/place.ts'
import { whyUnsupported } from './snapshots/supported.ts'

/**
 * A server that is not ours, with data that is not ours beside us. Nothing in it is touched but the numbers that the user
 * grants, and users of our own.
 * @param lease milliseconds
 * @throws ISOLANE_ATTACH_REFUSED, ISOLANE_SERVER_UNREACHABLE, ISOLANE_VERSION_UNSUPPORTED
 */
export async function openAttached(
  { endpoint }: Instance,
  options: RedisOptions,
  context: ServiceContext,
  lease: number,
): Promise<ServerParts> {
  const grant = options.databases
  if (!grant) throw notGranted(context)
  const session = randomBytes(6).toString('hex')
  const administrator = await Administrator.connect(endpoint, grant.from)
  try {
    const facts = await inspectAttached(administrator, grant, options, context)
    const access = await accessIfAllowed(administrator)
    const users = access
      ? new OwnUsers({ administrator, access, context, prefix: userPrefix(session), mayVanish: true })
      : new GivenUser(endpoint.credentials)
    const unsupported = await whyUnsupported(administrator, grant.from)
    const cutOff = (lane: string) => users.remove(lane)
    const numbers = await LeasedNumbers.open({ administrator, session, grant, context, lease, cutOff })
    const place = unsupported ? { unsupported } : new Place(administrator, facts, numbers, context)
    tellLimits(access, facts.name, context)
    const close = async () => {
      try {
        await Promise.all([users.removeAll(), numbers.close()])
      } finally {
        administrator.close()
      }
    }
    return { administrator, facts, numbers, users, seedUsers: users, alone: false, place, beforeReset: [], close }
  } catch (error) {
    administrator.close()
    throw error
  }
}

/** `undefined` where the given user may make no others. */
async function accessIfAllowed(administrator: Administrator): Promise<Access | undefined> {
  try {
    return await probeAccess(administrator, 'guests')
  } catch (error) {
    if (error instanceof ReplyError) return undefined
    throw error
  }
}

/** What tests could do to others' data is said, not hoped. */
function tellLimits(access: Access | undefined, server: string, context: ServiceContext): void {
  if (access?.confines) return
  const text = access
    ? `this ${server} can't keep a user inside one DB number: a test whose client ignores REDIS_DB works in DB 0, among keys that are not ours`
    : 'the given user may not make others (ACL SETUSER), so all lanes use it: nothing stops a test that sends FLUSHALL, or selects another DB number, from reaching keys that are not ours'
  context.report({ kind: 'warning', subject: context.name, text })
}

function notGranted({ name }: ServiceContext): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_ATTACH_REFUSED',
    message: `No DB numbers of the Redis server that ${name} attaches to are granted, and none is taken unasked`,
    remedy: 'name some that nobody else uses: redis({ databases: { from: 8, to: 15 } })',
  })
}
