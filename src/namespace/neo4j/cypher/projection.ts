import { expression } from './expression.ts'
import { quotedName } from './pattern.ts'
import type { Reading, Scope } from './reading.ts'

/** After WITH or RETURN. Answers the names in scope after it. */
export function projection(reading: Reading, scope: Scope, clause: 'WITH' | 'RETURN'): Scope {
  const following = reading.ahead(1)
  if (following.kind !== 'symbol' || ['(', '[', '{', '$', '*', '-', '+'].includes(following.value)) {
    reading.takeWord('DISTINCT', 'ALL')
  }
  const names: Scope = new Set()
  const all = reading.symbols('*')
  if (all) {
    const star = reading.next()
    reading.star ??= star
    for (const name of scope) names.add(name)
  }
  if (!all || reading.take(',')) {
    do item(reading, names, clause)
    while (reading.take(','))
  }
  if (reading.takeWord('ORDER')) {
    reading.expectWord('BY')
    do {
      expression(reading)
      reading.takeWord('ASC', 'ASCENDING', 'DESC', 'DESCENDING')
    } while (reading.take(','))
  }
  if (reading.takeWord('SKIP', 'OFFSET')) expression(reading)
  if (reading.takeWord('LIMIT')) expression(reading)
  if (clause === 'WITH' && reading.takeWord('WHERE')) expression(reading)
  return names
}

/** A column without a name has its text for one, also where something was added to it. */
function item(reading: Reading, names: Scope, clause: 'WITH' | 'RETURN'): void {
  const first = reading.token
  expression(reading)
  const { end, value } = reading.last
  if (reading.takeWord('AS')) names.add(reading.expectName())
  else if (reading.last === first && (first.kind === 'name' || first.kind === 'quoted')) names.add(value)
  else if (clause === 'RETURN' && reading.editedSince(first.start)) {
    const text = reading.text.slice(first.start, end)
    reading.insert(end, ` AS ${quotedName(text)}`)
  }
}
