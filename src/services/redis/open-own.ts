import type { Instance, ServiceContext } from '../../core/contracts.ts'
import { probeAccess } from './access.ts'
import { Administrator, type Command } from './client.ts'
import { inspect, type ServerFacts } from './inspect.ts'
import { type LaneUsers, OwnUsers } from './lane-users.ts'
import type { Numbers } from './numbers.ts'
import type { RedisOptions } from './options.ts'
import { OwnNumbers } from './own-numbers.ts'
import { Place } from './snapshots/place.ts'

/** What a session works with, whosever the server is. */
export interface ServerParts {
  readonly administrator: Administrator
  readonly facts: ServerFacts
  readonly numbers: Numbers
  readonly users: LaneUsers
  readonly seedUsers: LaneUsers
  /** A single lane has the server for itself. */
  readonly alone: boolean
  /** Where lanes are saved from and loaded into; or why they can't be. */
  readonly place: Place | { readonly unsupported: string }
  /** What every reset begins with. */
  readonly beforeReset: readonly Command[]
  /** Takes back what was made in the server, where that does not end with it. */
  close(): Promise<void>
}

/** A server that we have started: all of it is ours. */
export async function openOwn(
  instance: Instance,
  options: RedisOptions,
  context: ServiceContext,
): Promise<ServerParts> {
  const administrator = await Administrator.connect(instance.endpoint)
  try {
    const facts = await inspect(administrator, options, context)
    const alone = context.maximumLanes === 1
    const access = await probeAccess(administrator, alone ? 'alone' : 'neighbours')
    const numbers = new OwnNumbers(administrator, facts.databases)
    const users = { administrator, context, prefix: '', mayVanish: false }
    return {
      administrator,
      facts,
      numbers,
      users: new OwnUsers({ ...users, access }),
      seedUsers: new OwnUsers({ ...users, access: { ...access, alone: false } }),
      alone,
      place: new Place(administrator, facts, numbers, context),
      beforeReset: alone && access.hasFunctions ? [['FUNCTION', 'FLUSH']] : [],
      close: async () => administrator.close(),
    }
  } catch (error) {
    administrator.close()
    throw error
  }
}
