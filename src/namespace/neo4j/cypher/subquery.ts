import { query } from './clauses.ts'
import { pattern, where } from './pattern.ts'
import type { Reading, Scope } from './reading.ts'

/** EXISTS, COUNT or COLLECT, with braces. Nothing can be written there, so no name in scope is of interest. */
export function subquery(reading: Reading): void {
  reading.next()
  reading.expect('{')
  const equals = reading.ahead(1)
  const isPattern = reading.symbols('(') || (reading.named() && equals.kind === 'symbol' && equals.value === '=')
  if (
    isPattern ||
    reading.word('ANY', 'ALL', 'SHORTEST', 'SHORTESTPATH', 'ALLSHORTESTPATHS', 'REPEATABLE', 'DIFFERENT')
  ) {
    matched(reading, new Set())
  } else query(reading, new Set())
  reading.expect('}')
}

/** What stands after MATCH, with its WHERE. */
export function matched(reading: Reading, scope: Scope): void {
  if (reading.takeWord('REPEATABLE', 'DIFFERENT')) {
    if (!reading.takeWord('ELEMENT', 'ELEMENTS', 'RELATIONSHIP', 'RELATIONSHIPS')) reading.unclear('ELEMENTS')
    reading.takeWord('BINDINGS')
  }
  const predicates: string[] = []
  do {
    const predicate = pattern(reading, { clause: 'match', scope })
    if (predicate !== undefined) predicates.push(predicate)
  } while (reading.take(','))
  while (reading.words('USING')) hint(reading)
  where(reading, predicates)
}

/** `USING INDEX n:Person(name)` and the like: words, and names in parentheses. */
function hint(reading: Reading): void {
  reading.expectWord('USING')
  if (reading.takeWord('JOIN')) {
    reading.expectWord('ON')
    do reading.expectName()
    while (reading.take(','))
    return
  }
  const scan = reading.word('SCAN')
  if (!scan) reading.takeWord('TEXT', 'RANGE', 'POINT')
  reading.expectWord(scan ?? 'INDEX')
  const seek = reading.ahead(1)
  if (!(seek.kind === 'symbol' && seek.value === ':')) reading.expectWord('SEEK')
  reading.expectName()
  reading.expect(':')
  reading.expectName()
  if (scan) return
  reading.expect('(')
  do reading.expectName()
  while (reading.take(','))
  reading.expect(')')
}
