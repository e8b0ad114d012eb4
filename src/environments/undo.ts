/** Finds what the last act on an environment replaced. */
import { IsolaneError } from '../core/errors.ts'
import type { SnapshotStore } from '../snapshots/store.ts'
import type { LoggedAct } from './log.ts'

/** An act that changed something, and the snapshot that holds what was there before. */
export interface Undoable {
  readonly act: LoggedAct
  readonly snapshot: string
}

/**
 * The last act that changed an environment, or may have. Undone is the act and not its undoing: after an undo that was
 * interrupted it is the same act again, after one that was done it is that one.
 * @param acts newest first
 * @param environment default: any
 * @throws ISOLANE_SNAPSHOT_NOT_FOUND when there is none, or what it replaced was not saved or is there no more,
 * ISOLANE_ENVIRONMENT_PROTECTED while one is under way
 */
export async function lastUndoable(
  acts: readonly LoggedAct[],
  store: SnapshotStore,
  environment?: string,
): Promise<Undoable> {
  const own = acts.filter((act) => environment === undefined || act.environment === environment)
  const busy = own.find(({ outcome }) => outcome === 'under way')
  if (busy) throw underWay(busy)
  const names = new Set((await store.list()).flatMap(({ name, manifest }) => (manifest ? [name] : [])))
  const act = own.find((each) => hasChanged(each, names))
  if (!act) throw nothingToUndo(environment)
  if (act.snapshot === undefined) throw notSaved(act)
  if (!names.has(act.snapshot)) throw gone(act, act.snapshot, store)
  return { act, snapshot: act.snapshot }
}

/**
 * What replaces anything begins once what was there is saved, and one that failed may have changed one service and not
 * another. An import is all or nothing, and destroys nothing where nothing was saved.
 */
function hasChanged({ act, outcome, snapshot }: LoggedAct, names: ReadonlySet<string>): boolean {
  if (act === 'import' && snapshot === undefined) return false
  if (outcome === 'done') return true
  if (act === 'undo') return false
  if (act === 'import' && outcome !== 'interrupted') return false
  return snapshot === undefined || names.has(snapshot)
}

function underWay({ act, environment, user, host, process: { pid } }: LoggedAct): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_ENVIRONMENT_PROTECTED',
    message: `The ${act} of ${environment} by ${user}@${host} (pid ${pid}) is under way`,
    remedy: 'undo it once it has ended',
  })
}

function nothingToUndo(environment: string | undefined): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_NOT_FOUND',
    message: `Nothing was done to ${environment ?? 'any environment'} that could be undone`,
    remedy: '`isolane undo --list` shows what was done, `isolane snapshot list` what was saved',
  })
}

function notSaved({ act, environment, at }: LoggedAct): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_NOT_FOUND',
    message:
      act === 'remove'
        ? `The data of ${environment} were removed at ${at}, which can't be undone`
        : `The last ${act} of ${environment}, at ${at}, was done with --no-snapshot and can't be undone`,
    remedy: '`isolane snapshot list` shows what was saved before that',
  })
}

function gone({ act, environment, at }: LoggedAct, snapshot: string, { folder }: SnapshotStore): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_NOT_FOUND',
    message: `What the last ${act} of ${environment}, at ${at}, replaced is there no more: no good snapshot ${snapshot} in ${folder}`,
    remedy: '`isolane snapshot list` shows what else there is',
  })
}
