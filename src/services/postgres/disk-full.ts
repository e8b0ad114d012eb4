import type { Instance } from '../../core/contracts.ts'
import { IsolaneError, isIsolaneError, messageOf } from '../../core/errors.ts'
import { serverName } from './attached/explain.ts'
import { isConnectionLost, sqlState } from './client.ts'
import type { Server } from './server.ts'

/** Whether the server said, maybe to whoever told us, that it has no room. */
export function isDiskFull(error: unknown): boolean {
  return withCauses(error).some((each) => sqlState(each) === '53100')
}

/** What to tell instead of a failure that a full disk is behind; `undefined` for any other failure. */
export async function diskFull(error: unknown, server: Server, instance: Instance): Promise<IsolaneError | undefined> {
  if (!isDiskFull(error) && !(await endedBecauseFull(error, instance))) return undefined
  const [message, remedy] = instance.owned
    ? [`No space is left in ${place(server, instance)}`, 'free some there, seed less, or use fewer lanes']
    : [`${serverName(server.admin)} has no space left`, 'free some there, or use fewer lanes']
  const output = isIsolaneError(error) ? error.reason : messageOf(error)
  return new IsolaneError({ code: 'ISOLANE_DISK_FULL', message, remedy, output, cause: error })
}

/** Without room for its log of changes the server ends, and all that we see is a lost connection. */
async function endedBecauseFull(error: unknown, instance: Instance): Promise<boolean> {
  if (!withCauses(error).some(isConnectionLost)) return false
  return /(PANIC|FATAL):.*No space left on device/.test(await instance.logs().catch(() => ''))
}

function place({ dataFolder = 'its data folder' }: Server, { endpoint, origin }: Instance): string {
  return endpoint.privateFolder === undefined
    ? `${dataFolder} of ${origin}`
    : `${dataFolder}, where PostgreSQL keeps data`
}

function withCauses(error: unknown): readonly unknown[] {
  return error instanceof Error ? [error, ...withCauses(error.cause)] : []
}
