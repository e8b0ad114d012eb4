import type { SavedSide } from '../../../core/contracts.ts'
import { isIsolaneError } from '../../../core/errors.ts'

/** The file in which a state lists its constraints and indexes: a line for each, in a fixed order. */
export const schemaFile = 'schema'

/** A constraint's or index's line as the host program has it: a list of what it was made with, as JSON. */
export function schemaLine(made: string): string {
  return (JSON.parse(made) as unknown[]).map(textOf).filter(Boolean).join(' ').replaceAll(/\s+/g, ' ')
}

/** What only one of two saved lanes has: `- …` the first, `+ …` the second. */
export async function schemaDifference(before: SavedSide, after: SavedSide): Promise<readonly string[]> {
  const [was, is] = [await linesOf(before), await linesOf(after)]
  // Snapshots of older versions of Isolane do not list it. This is asked only where something differs.
  if (!was || !is) return ['constraints or indexes are others; save both lanes anew to see which']
  return [
    ...was.filter((line) => !is.includes(line)).map((line) => `- ${line}`),
    ...is.filter((line) => !was.includes(line)).map((line) => `+ ${line}`),
  ]
}

async function linesOf({ files }: SavedSide): Promise<readonly string[] | undefined> {
  try {
    const pieces = await Array.fromAsync(files.read(schemaFile))
    return Buffer.concat(pieces).toString().split('\n').filter(Boolean)
  } catch (error) {
    if (isIsolaneError(error, 'ISOLANE_SNAPSHOT_DAMAGED')) return undefined
    throw error
  }
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.length > 0 ? `(${value.map(String).join(', ')})` : ''
  if (typeof value === 'object' && value !== null) return textOf(Object.entries(value).map((pair) => pair.join('=')))
  return value === true ? 'of a constraint' : String(value === false ? '' : value)
}
