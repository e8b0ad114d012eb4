import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { ResolvedConfig } from '../../core/config.ts'
import { IsolaneError } from '../../core/errors.ts'
import type { Report } from '../../core/report.ts'
import type { Runtimes } from '../../core/runtime-choice.ts'
import { automaticName } from '../../snapshots/names.ts'
import type { SnapshotStore } from '../../snapshots/store.ts'
import { saveCopy } from '../copy.ts'
import { versionsAt } from '../edges.ts'
import type { UpgradePlan } from '../plan.ts'
import { claimMaking, endMaking, type Making, removeMade, updateMaking } from './making.ts'
import { type FilledFrom, replaceSides, type Side, type SideName, type Sides, sidesKey } from './record.ts'
import { checkFree, type SideStart, type StartedSide, startSide } from './start.ts'

export interface OpenSidesOptions {
  /** The config as its file has it. */
  readonly config: ResolvedConfig
  readonly plan: UpgradePlan
  readonly runtimes: Runtimes
  readonly store: SnapshotStore
  /** What both are filled from. Default: what migrations and seed make on the old versions. */
  readonly snapshot?: Omit<FilledFrom, 'own'>
  readonly report: Report
  readonly signal: AbortSignal
}

/**
 * Brings up old and new beside each other, filled from one snapshot, with the old one active. Either both are on record
 * in the end, or nothing is left; of a process that is killed on the way, after `isolane gc` or the next try.
 * @throws ISOLANE_STACK_ALREADY_UP, ISOLANE_OPTION_INVALID; as `isolane up` and `isolane snapshot create` do
 */
export async function openSides(options: OpenSidesOptions): Promise<Sides> {
  const { config, plan, store, snapshot } = options
  const { root, name } = config
  if (config.lanes === 1) throw noLaneLeft()
  const id = randomBytes(6).toString('hex')
  const copy = `blue-green-${automaticName()}`
  const claim = { id, root, name, ...(snapshot ? {} : { snapshot: join(store.folder, copy) }) }
  const made: Made = { making: await claimMaking(claim), started: [] }
  try {
    const starts = [startOf('blue', plan), startOf('green', plan)] as const
    starts.forEach(checkFree)
    const filled = snapshot ? { ...snapshot, own: false } : await copyOld(copy, options)
    const [blue, green] = await startBoth(starts, { id, filled }, options, made)
    made.making = await updateMaking(made.making, made.started)
    await Promise.all(made.started.map((side) => side.keep()))
    options.signal.throwIfAborted()
    const createdAt = new Date().toISOString()
    const sides: Sides = { id, root, name, createdAt, snapshot: filled, blue, green, active: 'blue' }
    if (!(await replaceSides(sidesKey(config), undefined, sides)))
      throw new Error(`another process has made sides of ${root}`)
    await endMaking(made.making)
    return sides
  } catch (error) {
    // Should somebody have changed the record: those that are not on it are not kept yet, and end once let go.
    const making = await updateMaking(made.making, made.started).catch(() => made.making)
    for (const side of made.started.splice(0)) side.letGo()
    await removeMade(making)
    throw error
  } finally {
    for (const side of made.started) side.letGo()
  }
}

/** What there is so far. */
interface Made {
  making: Making
  readonly started: StartedSide[]
}

type Start = ReturnType<typeof startOf>

function startOf(name: SideName, { before, after, upgrades }: UpgradePlan) {
  const isBlue = name === 'blue'
  return { name, config: isBlue ? before : after, versions: versionsAt(upgrades, isBlue ? 'from' : 'to') }
}

/** When one fails the other is called off. */
async function startBoth(
  starts: readonly [Start, Start],
  common: Pick<SideStart, 'id' | 'filled'>,
  { report, signal }: OpenSidesOptions,
  { started }: Made,
): Promise<readonly [Side, Side]> {
  const failed = new AbortController()
  const start = async (each: Start) => {
    try {
      report({ kind: 'progress', subject: each.name, text: 'starting' })
      const side = await startSide({ ...each, ...common, report, signal: AbortSignal.any([signal, failed.signal]) })
      started.push(side)
      return side.side
    } catch (error) {
      failed.abort(error)
      throw error
    }
  }
  const [blue, green] = await Promise.allSettled([start(starts[0]), start(starts[1])])
  signal.throwIfAborted()
  if (blue.status === 'rejected' || green.status === 'rejected') throw failed.signal.reason
  return [blue.value, green.value]
}

async function copyOld(name: string, { plan, runtimes, store, report, signal }: OpenSidesOptions): Promise<FilledFrom> {
  const reason = 'isolane upgrade --blue-green'
  await using copy = await saveCopy({ config: plan.before, runtimes, store, name, named: true, reason, report, signal })
  return { name, path: copy.folder, own: true }
}

function noLaneLeft(): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: 'With `lanes: 1` none is left for runs, as each side keeps one with its data',
    remedy: 'allow at least 2, in isolane.config.ts or by ISOLANE_LANES',
  })
}
