import type { SavedSide } from '../../../core/contracts.ts'
import { readBeside } from './fill.ts'
import { differenceOf } from './schema.ts'

/** Versions word the same schema in different ways: between two of them only what every version words alike is compared. */
export async function schemaDifference(before: SavedSide, after: SavedSide): Promise<readonly string[]> {
  const [was, is] = [await readBeside(before.files), await readBeside(after.files)]
  const sameMajor = majorOf(before) === majorOf(after)
  return differenceOf(was.schema, is.schema, sameMajor).split('\n').filter(Boolean)
}

function majorOf({ saved }: SavedSide): number {
  return Number.parseInt(saved.version, 10)
}
