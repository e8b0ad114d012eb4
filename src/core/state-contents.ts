import { hash } from 'node:crypto'
import type { StateReader, StateSummary, StateWriter } from './contracts.ts'
import { StateEntries } from './state-entries.ts'

/** The file in which a state lists its contents, by digests. */
export const contentsFile = 'contents'

/**
 * What is in a state, entry by entry, as digests: enough to tell what has changed from one state to another, and no data.
 * In the file a line is `<key's digest> <value's digest> <group as JSON>`; digests are 16 hexadecimal digits.
 */
export class StateContents {
  readonly #groups = new Map<string, StateEntries>()

  /** @param key, value 16 hexadecimal digits each, see {@link shortDigest} */
  add(group: string, key: string, value: string): void {
    entriesOf(this.#groups, group).add(key, value)
  }

  /** Has the group listed even where nothing is in it. */
  addGroup(group: string): void {
    entriesOf(this.#groups, group)
  }

  summary(): Pick<StateSummary, 'counts' | 'digests'> {
    const groups = [...this.#groups].sort(([left], [right]) => (left < right ? -1 : 1))
    return {
      counts: Object.fromEntries(groups.map(([group, entries]) => [group, entries.length])),
      digests: Object.fromEntries(groups.map(([group, entries]) => [group, entries.digest()])),
    }
  }

  async write(files: StateWriter): Promise<void> {
    await files.write(contentsFile, this.#pieces())
  }

  *#pieces(): Iterable<Uint8Array> {
    for (const [group, entries] of this.#groups) yield* entries.lines(` ${JSON.stringify(group)}\n`)
  }
}

export interface GroupChanges {
  readonly group: string
  readonly before: number
  readonly after: number
  readonly added: number
  readonly removed: number
  readonly changed: number
}

/** What differs between two states of a service that list their contents, by group. Groups that do not differ are left out. */
export async function changesBetween(before: StateReader, after: StateReader): Promise<readonly GroupChanges[]> {
  const left = await readContents(before)
  const right = await readContents(after)
  const groups = [...new Set([...left.keys(), ...right.keys()])].sort()
  return groups
    .map((group) => changesOf(group, entriesOf(left, group), entriesOf(right, group)))
    .filter(({ added, removed, changed }) => added + removed + changed > 0)
}

/** 16 hexadecimal digits. */
export function shortDigest(data: string | Uint8Array): string {
  return hash('sha1', data).slice(0, 16)
}

/** Entries may share a key, as rows of a table without one do: those are compared as a bag. */
function changesOf(group: string, before: StateEntries, after: StateEntries): GroupChanges {
  const changes = { group, before: before.length, after: after.length, added: 0, removed: 0, changed: 0 }
  let [key, gone, come] = ['', 0, 0]
  const finishKey = () => {
    const both = Math.min(gone, come)
    changes.changed += both
    changes.removed += gone - both
    changes.added += come - both
  }
  for (const { entry, side } of onOneSide(before.sorted(), after.sorted())) {
    if (!entry.startsWith(key) || key === '') {
      finishKey()
      ;[key, gone, come] = [entry.slice(0, 16), 0, 0]
    }
    if (side === 'before') gone += 1
    else come += 1
  }
  finishKey()
  return changes
}

/** What is in one of two sorted lists only, in order. */
function* onOneSide(before: Iterable<string>, after: Iterable<string>) {
  const [lefts, rights] = [before[Symbol.iterator](), after[Symbol.iterator]()]
  let [left, right] = [lefts.next(), rights.next()]
  while (!left.done || !right.done) {
    if (!left.done && !right.done && left.value === right.value) {
      left = lefts.next()
      right = rights.next()
    } else if (right.done || (!left.done && left.value < right.value)) {
      yield { entry: left.value as string, side: 'before' }
      left = lefts.next()
    } else {
      yield { entry: right.value, side: 'after' }
      right = rights.next()
    }
  }
}

async function readContents(state: StateReader): Promise<Map<string, StateEntries>> {
  const groups = new Map<string, StateEntries>()
  const decoder = new TextDecoder()
  let rest = ''
  let [ending, entries] = ['', new StateEntries()]
  for await (const piece of state.read(contentsFile)) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line.slice(34) !== ending) {
        ending = line.slice(34)
        entries = entriesOf(groups, JSON.parse(ending) as string)
      }
      entries.add(line.slice(0, 16), line.slice(17, 33))
    }
  }
  return groups
}

function entriesOf(groups: Map<string, StateEntries>, group: string): StateEntries {
  const entries = groups.get(group) ?? new StateEntries()
  if (!groups.has(group)) groups.set(group, entries)
  return entries
}
