import { query } from './clauses.ts'
import { expression } from './expression.ts'
import type { Reading, Scope } from './reading.ts'

/** After CALL: a subquery. In scope is what it is given, or in the older form what its own first WITH names. */
export function call(reading: Reading, scope: Scope): Scope {
  if (!reading.symbols('{') && !reading.symbols('(')) {
    reading.refuse(
      'it calls a procedure, and what that reads and writes is not known',
      'do without it, or run it with the driver that is not labelled',
    )
  }
  const inner = reading.symbols('(') ? given(reading, scope) : new Set<string>()
  reading.expect('{')
  const returned = query(reading, inner)
  reading.expect('}')
  const after = new Set([...scope, ...returned])
  if (reading.takeWord('IN')) transactions(reading, after)
  return after
}

/** `(a, b)` or `(*)` */
function given(reading: Reading, scope: Scope): Scope {
  reading.expect('(')
  const names: Scope = new Set()
  if (reading.take(')')) return names
  if (reading.take('*')) {
    reading.expect(')')
    return scope
  }
  do names.add(reading.expectName())
  while (reading.take(','))
  reading.expect(')')
  return names
}

/** `IN 2 CONCURRENT TRANSACTIONS OF 100 ROWS ON ERROR CONTINUE REPORT STATUS AS status` */
function transactions(reading: Reading, scope: Scope): void {
  if (!reading.word('TRANSACTIONS')) {
    if (!reading.word('CONCURRENT')) expression(reading)
    reading.expectWord('CONCURRENT')
  }
  reading.expectWord('TRANSACTIONS')
  for (;;) {
    if (reading.takeWord('OF')) {
      expression(reading)
      if (!reading.takeWord('ROW', 'ROWS')) reading.unclear('ROWS')
    } else if (reading.takeWord('ON')) {
      reading.expectWord('ERROR')
      if (!reading.takeWord('CONTINUE', 'BREAK', 'FAIL')) reading.unclear('CONTINUE, BREAK or FAIL')
    } else if (reading.takeWord('REPORT')) {
      reading.expectWord('STATUS')
      reading.expectWord('AS')
      scope.add(reading.expectName())
    } else return
  }
}
