import type { SavedSide, StateReader } from '../../../core/contracts.ts'
import { is44 } from '../options.ts'

/** The file in which a state lists its constraints and indexes: a line for each, in a fixed order. */
export const schemaFile = 'schema'

/** A constraint's or index's line as the host program has it: a list of what it was made with, as JSON. */
export function schemaLine(made: string): string {
  return (JSON.parse(made) as unknown[]).map(textOf).filter(Boolean).join(' ').replaceAll(/\s+/g, ' ')
}

/**
 * What only one of two saved lanes has: `- …` the first, `+ …` the second. From 4.4 to what came after it, a B-tree index and
 * the range index that the migration makes of it are one.
 */
export async function schemaDifference(before: SavedSide, after: SavedSide): Promise<readonly string[]> {
  const [was, is] = [await linesOf(before.files), await linesOf(after.files)]
  return isMigrated(before.saved.version, after.saved.version)
    ? differences(was.map(asMigrated), is)
    : differences(was, is)
}

/** Whether a store on its way between these two versions is migrated: 5.26 does not open one of 4.4 as it is. */
export function isMigrated(from: string, to: string): boolean {
  return is44(from) && !is44(to)
}

/** How a store that was migrated differs in constraints and indexes, given as the host program lists them, from what was saved. */
export async function migratedDifference(saved: SavedSide, found: readonly string[]): Promise<readonly string[]> {
  return differences((await linesOf(saved.files)).map(asMigrated), found.map(schemaLine))
}

function differences(was: readonly string[], is: readonly string[]): string[] {
  return [
    ...was.filter((line) => !is.includes(line)).map((line) => `- ${line}`),
    ...is.filter((line) => !was.includes(line)).map((line) => `+ ${line}`),
  ]
}

/** A B-tree index has settings, of the space that points are in; a range index has none. */
function asMigrated(line: string): string {
  return /^index .* BTREE (nodes|relationships) /.test(line)
    ? line
        .replace(/ BTREE (?=nodes|relationships)/, ' RANGE ')
        .replace(/ (native-btree-1\.0|lucene\+native-3\.0)( \(.*)?$/, ' range-1.0')
    : line
}

/** @throws ISOLANE_SNAPSHOT_DAMAGED */
export async function linesOf(files: StateReader): Promise<readonly string[]> {
  const pieces = await Array.fromAsync(files.read(schemaFile))
  return Buffer.concat(pieces).toString().split('\n').filter(Boolean)
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.length > 0 ? `(${value.map(String).join(', ')})` : ''
  if (typeof value === 'object' && value !== null) return textOf(Object.entries(value).map((pair) => pair.join('=')))
  return value === true ? 'of a constraint' : String(value === false ? '' : value)
}
