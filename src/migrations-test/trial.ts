import type { DatabaseState, Effects, Unfilled } from '../core/contracts.ts'
import { dataChanges } from './data-changes.ts'
import { emptyTargets } from './empty-targets.ts'
import { errorFinding } from './error-finding.ts'
import type { FreshLanes } from './fresh-lanes.ts'
import { type Migration, nothingLeft } from './migrations.ts'
import { type Finding, fails, type MigrationResult } from './report.ts'
import { takeBack } from './take-back.ts'
import type { TrialLane } from './trial-lane.ts'
import { counted, duration } from './words.ts'

/** Milliseconds after which a lock is noticed. */
const noticed = 1_000

export interface TrialOptions {
  /** Where there is data. */
  readonly grown: TrialLane
  readonly fresh: FreshLanes
  readonly rows: number
  /** What a tool writes is left as it is. */
  readonly byTool: boolean
}

/** Tries one migration after the other. */
export class Trial {
  readonly #options: TrialOptions
  readonly #unfilled = new Map<string, Unfilled>()
  /** Tables that rows were made for. */
  readonly #ours = new Set<string>()
  /** In which a tool writes down what it has done, as far as can be told: it made them with its first migration. */
  #toolTables: readonly string[] | undefined
  #ending: string | undefined

  constructor(options: TrialOptions) {
    this.#options = options
  }

  /** The tables that had fewer rows than were wanted, with the last reason for each. */
  get unfilled(): readonly Unfilled[] {
    return [...this.#unfilled.values()]
  }

  /** What a tool said when it failed for having nothing left to run. */
  get ending(): string | undefined {
    return this.#ending
  }

  /** @returns `undefined` when a tool had nothing left to run */
  async try(migration: Migration): Promise<MigrationResult | undefined> {
    const { grown, fresh, byTool } = this.#options
    const spared = await this.#fill(migration.text)
    const before = await grown.session.state()
    let effects: Effects
    try {
      effects = await migration.up(grown)
    } catch (error) {
      if (this.#toolTables && same(before, await grown.session.state())) this.#ending = nothingLeft(error)
      if (this.#ending !== undefined) return undefined
      return failed(migration, error, await fresh.run(migration))
    }
    const after = await grown.session.state()
    if (byTool && same(before, after)) return undefined
    const changes = dataChanges(before, after, spared)
    const repeat = await fresh.compare(migration, after)
    if (byTool) this.#toolTables ??= writtenIn(after, this.#ours)
    const down = await this.#takeBack(migration, before, after, spared)
    return {
      name: migration.name(),
      ...effects,
      repeatable: repeat.repeatable,
      down: down.down,
      data: changes.some(({ kind }) => kind === 'loss') ? 'lost' : changes.length > 0 ? 'changed' : 'kept',
      findings: [...changes, ...repeat.findings, ...down.findings, ...lockFindings(effects, before)],
    }
  }

  async #takeBack(migration: Migration, before: DatabaseState, after: DatabaseState, spared: ReadonlySet<string>) {
    const { grown } = this.#options
    if (!migration.down) return { down: 'none' as const, findings: [] }
    // So that it is seen what becomes of values in new tables and columns.
    await this.#fill()
    const kept = [...(this.#toolTables ?? []), ...Object.keys(after.bookkeeping)]
    return grown.undone(() => takeBack(migration, grown, { before, after, spared, kept }))
  }

  /**
   * @param next the statements that follow
   * @returns tables that are left as they are
   */
  async #fill(next = ''): Promise<ReadonlySet<string>> {
    const { grown, rows, byTool } = this.#options
    const state = await grown.session.state()
    const spared = new Set(byTool ? writtenIn(state, this.#ours) : [])
    const untouched = new Set([...spared, ...emptyTargets(next, state)])
    for (const name of Object.keys(state.tables)) if (!untouched.has(name)) this.#ours.add(name)
    this.#unfilled.clear()
    for (const each of await grown.session.fill(rows, untouched)) this.#unfilled.set(each.table, each)
    return spared
  }
}

function same(before: DatabaseState, after: DatabaseState): boolean {
  return JSON.stringify(after) === JSON.stringify(before)
}

/** Tables with rows that were not made for the test. */
function writtenIn({ tables }: DatabaseState, ours: ReadonlySet<string>): readonly string[] {
  return Object.keys(tables).filter((name) => (tables[name]?.rows ?? 0) > 0 && !ours.has(name))
}

function failed(migration: Migration, error: unknown, onEmpty: Finding | undefined): MigrationResult {
  const finding = errorFinding('failure', 'fails', error)
  const works: Finding = { kind: 'note', text: 'on an empty database it works: it is the data that it fails on' }
  return {
    name: migration.name(),
    milliseconds: 0,
    locks: [],
    rewritten: [],
    repeatable: 'unknown',
    down: 'unknown',
    data: 'unknown',
    findings: onEmpty && fails(onEmpty) ? [finding] : [finding, works],
  }
}

/** What would be noticed where others work meanwhile: it takes the longer the more rows there are, or took long here. */
function lockFindings({ locks, rewritten }: Effects, { tables }: DatabaseState): Finding[] {
  const told = new Set<string>()
  return locks.flatMap(({ table, mode, blocks, milliseconds }): Finding[] => {
    const rows = tables[table]?.rows ?? 0
    if (blocks === 'nothing' || rows === 0 || told.has(table)) return []
    const about = `${table} (${counted(rows, 'row')}, ${duration(milliseconds)})`
    const anew = blocks === 'reads and writes' && rewritten.includes(table)
    if (!anew && mode !== 'ShareLock' && milliseconds < noticed) return []
    told.add(table)
    if (anew) {
      return [{ kind: 'lock', text: `writes ${about} anew, and blocks reads and writes meanwhile` }]
    }
    return [{ kind: 'lock', text: `blocks ${blocks} on ${about} by ${mode}` }]
  })
}
