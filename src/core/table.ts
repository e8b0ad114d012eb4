import { harmlessLine } from './harmless.ts'

export interface TableOptions {
  /** Heads of the columns that hold numbers: those end below each other. */
  readonly numbers?: readonly string[]
}

/** Columns as wide as their widest cell. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { numbers = [] }: TableOptions = {},
): string {
  const all = [head, ...rows].map((row) => row.map(harmlessLine))
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  const padded = (cell: string, column: number) => {
    const width = widths[column] ?? 0
    return numbers.includes(head[column] ?? '') ? cell.padStart(width) : cell.padEnd(width)
  }
  return all.map((row) => row.map(padded).join('  ').trimEnd()).join('\n')
}
