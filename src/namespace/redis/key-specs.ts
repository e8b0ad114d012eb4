import type { Argument } from './prefix.ts'
import { refused } from './refused.ts'

/**
 * Where a command's keys are, in the words of the server's own table ("key specifications"). Positions count from the
 * command's name, which is 0.
 */
export interface KeySpec {
  readonly begin:
    | { readonly by: 'index'; readonly index: number }
    | { readonly by: 'keyword'; readonly keyword: string; readonly from: number }
  readonly find:
    | { readonly by: 'range'; readonly last: number; readonly step: number; readonly limit: number }
    | { readonly by: 'count'; readonly count: number; readonly first: number; readonly step: number }
}

/** The positions of the keys among the arguments; there the first argument is 0. */
export function keyPositions(command: string, specs: readonly KeySpec[], args: readonly Argument[]): number[] {
  const positions = new Set<number>()
  for (const spec of specs) for (const position of bySpec(command, spec, args)) positions.add(position)
  return [...positions]
}

function bySpec(command: string, { begin, find }: KeySpec, args: readonly Argument[]): number[] {
  const length = args.length + 1
  const start = begin.by === 'index' ? begin.index : afterKeyword(begin, args)
  if (start === undefined || start >= length) return []
  if (find.by === 'count') {
    const first = start + find.first
    const count = wholeNumber(command, args[start + find.count - 1])
    return range(first, first + (count - 1) * find.step, find.step, length)
  }
  if (find.last >= 0) return range(start, start + find.last, find.step, length)
  if (find.limit < 2) return range(start, length + find.last, find.step, length)
  return range(start, start + Math.floor((length - start) / find.limit) + find.last, find.step, length)
}

function afterKeyword({ keyword, from }: { keyword: string; from: number }, args: readonly Argument[]) {
  const length = args.length + 1
  const back = from < 0
  for (let at = back ? length + from : from; at >= 1 && at < length; at += back ? -1 : 1)
    if (isWord(args[at - 1], keyword)) return at + 1
  return undefined
}

function range(first: number, last: number, step: number, length: number): number[] {
  const positions: number[] = []
  for (let at = first; at <= last && at < length; at += step) positions.push(at - 1)
  return positions
}

/** How many keys follow: read as strictly as the server reads it, so that both see the same keys. */
function wholeNumber(command: string, argument: Argument | undefined): number {
  const text = String(argument ?? '')
  if (/^(0|[1-9]\d{0,8})$/.test(text)) return Number(text)
  throw refused(command, `says "${text}" where the number of its keys belongs`, 'give it as a whole number')
}

export function isWord(argument: Argument | undefined, word: string): boolean {
  return argument !== undefined && String(argument).toUpperCase() === word
}
