import { readFileSync, readlinkSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { IsolaneError } from '../../core/errors.ts'
import type { Ground } from './ground.ts'

/**
 * Call when nothing of ours runs on a data folder any more: a server that somebody else has started there goes on.
 * @throws ISOLANE_START_FAILED when there is one. Only Linux tells
 */
export function refuseOthers({ spec }: Ground, folder: string): void {
  for (const name of spec.native?.lockFiles ?? []) {
    const pid = holderOf(join(folder, name))
    if (pid === undefined) continue
    throw new IsolaneError({
      code: 'ISOLANE_START_FAILED',
      message: `The data kept for ${spec.service} are in use by pid ${pid}, a server that was not started by Isolane`,
      remedy: `end it as whoever started it does (it works in ${folder}), then try again`,
    })
  }
}

/** The number alone may be anybody's by now. */
function holderOf(file: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10)
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(dirname(file)) ? pid : undefined
  } catch {
    return undefined
  }
}
