import type { KeySpec } from './key-specs.ts'
import { knownSpecs } from './known-specs.ts'

export interface CommandEntry {
  readonly specs: readonly KeySpec[]
  /** False: the server knows of more keys than its table can say, and has to be asked for each call. */
  readonly complete: boolean
}

/** Commands by name in small letters, subcommands as `memory|usage`. */
export type CommandTable = Map<string, CommandEntry>

/** Reads what `COMMAND` or `COMMAND INFO` answers into a table. */
export function addEntries(table: CommandTable, reply: unknown): CommandTable {
  for (const entry of asArray(reply)) if (Array.isArray(entry)) addEntry(table, entry)
  return table
}

function addEntry(table: CommandTable, entry: readonly unknown[]): void {
  const name = String(entry[0]).toLowerCase()
  table.set(name, knownEntry(name) ?? (Array.isArray(entry[8]) ? bySpecs(entry[8]) : byPositions(entry)))
  addEntries(table, entry[9])
}

export function knownEntry(name: string): CommandEntry | undefined {
  const specs = knownSpecs.get(name)
  return specs && { specs, complete: true }
}

/** As servers before Redis 7 tell it: first key, last key, step. */
function byPositions(entry: readonly unknown[]): CommandEntry {
  const [first, last, step] = entry.slice(3, 6).map(Number) as [number, number, number]
  const moving = asArray(entry[2]).some((flag) => String(flag) === 'movablekeys')
  if (first <= 0) return { specs: [], complete: !moving }
  const find = { by: 'range', last: last < 0 ? last : last - first, step: Math.max(step, 1), limit: 0 } as const
  return { specs: [{ begin: { by: 'index', index: first }, find }], complete: !moving }
}

function bySpecs(replies: readonly unknown[]): CommandEntry {
  const specs: KeySpec[] = []
  let complete = true
  for (const reply of replies.map(asRecord)) {
    const flags = new Set(asArray(reply.flags).map(String))
    // Where a channel or a slot stands, not a key.
    if (flags.has('not_key')) continue
    const spec = readSpec(asRecord(reply.begin_search), asRecord(reply.find_keys))
    if (spec) specs.push(spec)
    if (!spec || flags.has('incomplete')) complete = false
  }
  return { specs, complete }
}

function readSpec(beginning: Record<string, unknown>, finding: Record<string, unknown>): KeySpec | undefined {
  const begin = readBegin(String(beginning.type), asRecord(beginning.spec))
  const find = readFind(String(finding.type), asRecord(finding.spec))
  return begin && find && { begin, find }
}

function readBegin(type: string, spec: Record<string, unknown>): KeySpec['begin'] | undefined {
  if (type === 'index') return { by: 'index', index: Number(spec.index) }
  if (type === 'keyword')
    return { by: 'keyword', keyword: String(spec.keyword).toUpperCase(), from: Number(spec.startfrom) }
  return undefined
}

function readFind(type: string, spec: Record<string, unknown>): KeySpec['find'] | undefined {
  const step = Math.max(Number(spec.keystep), 1)
  if (type === 'range') return { by: 'range', last: Number(spec.lastkey), step, limit: Number(spec.limit) }
  if (type === 'keynum') return { by: 'count', count: Number(spec.keynumidx), first: Number(spec.firstkey), step }
  return undefined
}

function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** A map: a flat list of names and values, or an object where the client asks for RESP3's own shapes. */
function asRecord(value: unknown): Record<string, unknown> {
  if (!Array.isArray(value)) return (value ?? {}) as Record<string, unknown>
  const record: Record<string, unknown> = {}
  for (let at = 0; at + 1 < value.length; at += 2) record[String(value[at])] = value[at + 1]
  return record
}
