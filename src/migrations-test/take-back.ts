import type { DatabaseState } from '../core/contracts.ts'
import { dataChanges } from './data-changes.ts'
import { errorFinding } from './error-finding.ts'
import type { Migration } from './migrations.ts'
import type { Finding, MigrationResult } from './report.ts'
import { schemaChanges, shown } from './schema-changes.ts'
import type { TrialLane } from './trial-lane.ts'

export interface Moments {
  /** Before the migration. */
  readonly before: DatabaseState
  readonly after: DatabaseState
  readonly spared: ReadonlySet<string>
  /** Tables in which a tool writes down what it has done: they outlive its migrations. */
  readonly kept: readonly string[]
}

export type TakenBack = Pick<MigrationResult, 'down' | 'findings'>

/** Takes a migration back and runs it again. What is on the lane then is for nobody. */
export async function takeBack(migration: Migration, lane: TrialLane, moments: Moments): Promise<TakenBack> {
  const { before, after, spared, kept } = moments
  const filled = await lane.session.state()
  try {
    await migration.down?.(lane)
  } catch (error) {
    return { down: 'fails', findings: [errorFinding('down', 'its down migration fails', error)] }
  }
  const back = await lane.session.state()
  const findings = lostBy(before, after, back, spared)
  const changes = schemaChanges(before.schema, back.schema).filter((change) => !isAbout(change, kept))
  if (changes.length > 0) {
    const text = 'its down migration does not give the schema that was there before'
    return { down: 'differs', findings: [{ kind: 'down', text, details: shown(changes) }, ...findings] }
  }
  try {
    await migration.up(lane)
  } catch (error) {
    return { down: 'fails', findings: [...findings, errorFinding('down', 'after its down migration it fails', error)] }
  }
  const again = await lane.session.state()
  const other = schemaChanges(after.schema, again.schema)
  if (other.length > 0) {
    findings.push({ kind: 'down', text: 'after its down migration it gives another schema', details: shown(other) })
  }
  findings.push(...emptied(filled, again, spared))
  return { down: findings.some(({ kind }) => kind === 'down') ? 'differs' : 'restores', findings }
}

/** Whether what is there besides is one of some tables, or a part of it. */
function isAbout(change: string, tables: readonly string[]): boolean {
  const words = change.replaceAll('"', '').split(' ')
  return (
    words[0] === '+' &&
    words.some((word) =>
      tables.some((table) => word === table || (/^[._]/.test(word.slice(table.length)) && word.startsWith(table))),
    )
  )
}

/** What was there before the migration, outlived it, and is gone with its down migration. */
function lostBy(
  before: DatabaseState,
  after: DatabaseState,
  back: DatabaseState,
  spared: ReadonlySet<string>,
): Finding[] {
  const lost = dataChanges(before, after, spared).map(({ text }) => text)
  return dataChanges(before, back, spared)
    .filter(({ kind, text }) => kind === 'loss' && !lost.includes(text))
    .map(({ text }) => ({ kind: 'down', text: `its down migration loses data: ${text}` }))
}

/** Values in what the migration itself has made. Nothing else can be expected, but who goes back should know. */
function emptied(filled: DatabaseState, again: DatabaseState, spared: ReadonlySet<string>): Finding[] {
  const lost = dataChanges(filled, again, spared).filter(({ kind }) => kind === 'loss')
  if (lost.length === 0) return []
  return [
    { kind: 'note', text: 'down and up again loses what was written since', details: lost.map(({ text }) => text) },
  ]
}
