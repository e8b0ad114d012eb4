/** Which marks are being written where, on record before they are: those of a killed process are removed by the next. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { stateFolder } from '../core/folders.ts'
import { isAlive, type ProcessIdentity, self } from '../core/process-identity.ts'
import { namesIn, readRecord, removePartials, replaceRecord } from '../core/record-file.ts'
import type { StackKey } from './log.ts'

/** One mark, in one service of one slice. */
export interface PlacedMark {
  readonly service: string
  readonly slice: string
  readonly mark: string
}

export interface MarkRecord {
  readonly root: string
  readonly stack: string
  readonly owner: ProcessIdentity
  readonly marks: readonly PlacedMark[]
}

/** A record, and the file that it is in. */
export interface FoundRecord {
  readonly file: string
  readonly record: MarkRecord
}

/** Puts marks on record that this process is about to write. */
export async function recordMarks({ root, name: stack }: StackKey, marks: readonly PlacedMark[]): Promise<FoundRecord> {
  const file = join(recordsFolder(), `${randomBytes(6).toString('hex')}.json`)
  const record = { root, stack, owner: self, marks }
  await replaceRecord(file, undefined, record)
  return { file, record }
}

/** The marks are gone. */
export async function forgetMarks({ file, record }: FoundRecord): Promise<void> {
  await replaceRecord(file, record, undefined)
}

/** What processes that are no more have left in a stack. */
export function leftMarks({ root, name: stack }: StackKey): readonly FoundRecord[] {
  const folder = recordsFolder()
  removePartials(folder)
  return namesIn(folder)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => {
      const file = join(folder, name)
      const record = readRecord<MarkRecord>(file)
      return record ? [{ file, record }] : []
    })
    .filter(({ record }) => record.root === root && record.stack === stack && !isAlive(record.owner))
}

function recordsFolder(): string {
  return join(stateFolder(), 'isolation')
}
