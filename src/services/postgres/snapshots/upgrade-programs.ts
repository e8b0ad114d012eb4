import { join } from 'node:path'
import type { ServiceContext } from '../../../core/contracts.ts'
import { IsolaneError, isIsolaneError } from '../../../core/errors.ts'
import { usualWay } from '../versions.ts'
import {
  newPrograms,
  newServerOnMachine,
  oldPrograms,
  oldServerOnMachine,
  providedFolder,
  providedMajor,
  providedTools,
} from './engine.ts'

/** Folders with all programs of two versions that `pg_upgrade` takes. */
export interface UpgradePrograms {
  readonly old: string
  readonly new: string
}

/** @throws ISOLANE_UPGRADE_REFUSED saying which version's are missing */
export async function upgradePrograms(
  { programs }: ServiceContext,
  from: number,
  to: number,
): Promise<UpgradePrograms> {
  const find = async (spec: ReturnType<typeof oldServerOnMachine>) => {
    try {
      return await programs?.(spec)
    } catch (error) {
      if (isIsolaneError(error, 'ISOLANE_ENGINE_NOT_FOUND')) return undefined
      throw error
    }
  }
  const old = await find(oldServerOnMachine(String(from)))
  if (old === undefined) throw missing(from, to, from, oldPrograms)
  const found = await find(newServerOnMachine(String(to)))
  if (found !== undefined) return { old, new: found }
  const provided = to === providedMajor && programs ? await programs(providedTools()) : undefined
  if (provided === undefined) throw missing(from, to, to, newPrograms)
  return { old, new: join(provided, providedFolder) }
}

function missing(from: number, to: number, major: number, needed: readonly string[]): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_UPGRADE_REFUSED',
    message: `pg_upgrade from ${from} to ${to} can't be had here: no folder of this machine has all of PostgreSQL ${major} (${needed.join(', ')}), and what Isolane provides of it is the server alone`,
    remedy: `install PostgreSQL ${major} on this machine, or upgrade by \`${usualWay}\``,
  })
}
