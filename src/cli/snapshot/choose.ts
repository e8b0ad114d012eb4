import { IsolaneError } from '../../core/errors.ts'
import type { SnapshotEntry, SnapshotStore } from '../../snapshots/store.ts'
import { canAsk, notDone } from './asking.ts'
import { snapshotRows } from './describe.ts'

/**
 * Asks which snapshot is meant.
 * @returns `undefined` when the user has had enough
 * @throws ISOLANE_SNAPSHOT_NOT_FOUND when there is none, ISOLANE_OPTION_INVALID when nobody can be asked
 */
export async function chooseSnapshot(store: SnapshotStore): Promise<string | undefined> {
  const entries = (await store.list()).filter(({ manifest }) => manifest)
  if (entries.length === 0) throw noneAt(store)
  if (!canAsk()) throw unnamed(entries)
  const { isCancel, select } = await import('@clack/prompts')
  const [head = '', ...labels] = snapshotRows(entries)
  const answer = await select({
    message: `Which snapshot?\n  ${head}`,
    options: entries.map(({ name }, index) => ({ value: name, label: labels[index] ?? name })),
    maxItems: 12,
  })
  if (!isCancel(answer)) return answer
  notDone('you left')
}

/**
 * The newest snapshot, and those of which nobody can tell how old they are, since they are damaged.
 * @throws ISOLANE_SNAPSHOT_NOT_FOUND
 */
export async function newestSnapshots(store: SnapshotStore): Promise<readonly string[]> {
  const entries = await store.list()
  if (entries.length === 0) throw noneAt(store)
  const newest = entries.find(({ manifest }) => manifest)
  return entries.filter((entry) => entry === newest || !entry.manifest).map(({ name }) => name)
}

function noneAt({ folder }: SnapshotStore): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_NOT_FOUND',
    message: `There is no snapshot in ${folder}`,
    remedy: '`isolane snapshot NAME` makes one, or name the path of one',
  })
}

function unnamed(entries: readonly SnapshotEntry[]): IsolaneError {
  const names = entries.slice(0, 8).map(({ name }) => name)
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: 'It is not said which snapshot, and there is no terminal to ask on',
    remedy: `name one: ${names.join(', ')}${entries.length > names.length ? ', …' : ''}`,
  })
}
