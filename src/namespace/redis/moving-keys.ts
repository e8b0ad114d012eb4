import { isWord } from './key-specs.ts'
import type { Argument } from './prefix.ts'

/**
 * Commands whose keys (and patterns for keys) stand behind words that may come in any order and more than once, which no
 * server's table can say in full. Read as the server itself reads them. Positions: the first argument is 0.
 */
export const movingKeys: ReadonlyMap<string, (args: readonly Argument[]) => number[]> = new Map([
  ['sort', sort],
  ['sort_ro', sort],
  ['georadius', geo],
  ['georadiusbymember', geo],
  ['xread', streams],
  ['xreadgroup', streams],
  ['migrate', migrate],
])

/** `GET #` is the element itself; all else behind `BY` and `GET` makes the name of a key. */
function sort(args: readonly Argument[]): number[] {
  const positions = [0]
  for (let at = 1; at < args.length; at++) {
    const value = args[at + 1]
    if (isWord(args[at], 'LIMIT')) at += 2
    else if (value !== undefined && ['STORE', 'BY', 'GET'].some((word) => isWord(args[at], word))) {
      if (!isWord(args[at], 'GET') || String(value) !== '#') positions.push(at + 1)
      at++
    }
  }
  return positions
}

function geo(args: readonly Argument[]): number[] {
  const positions = [0]
  for (let at = 4; at + 1 < args.length; at++)
    if (isWord(args[at], 'STORE') || isWord(args[at], 'STOREDIST')) positions.push(++at)
  return positions
}

/** Behind `STREAMS` come as many keys as there are places to read from. */
function streams(args: readonly Argument[]): number[] {
  for (let at = 0; at < args.length; at++) {
    if (isWord(args[at], 'BLOCK') || isWord(args[at], 'COUNT')) at++
    else if (isWord(args[at], 'GROUP')) at += 2
    else if (isWord(args[at], 'STREAMS')) return sequence(at + 1, at + 1 + Math.ceil((args.length - at - 1) / 2))
  }
  return []
}

/** The third argument, or, where that is empty, all behind `KEYS`. Both together are refused by the server itself. */
function migrate(args: readonly Argument[]): number[] {
  for (let at = 5; at < args.length; at++) {
    if (isWord(args[at], 'AUTH')) at++
    else if (isWord(args[at], 'AUTH2')) at += 2
    else if (isWord(args[at], 'KEYS')) return [...(args[2]?.length ? [2] : []), ...sequence(at + 1, args.length)]
  }
  return [2]
}

function sequence(from: number, to: number): number[] {
  return Array.from({ length: Math.max(to - from, 0) }, (_, at) => from + at)
}
