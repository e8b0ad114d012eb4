import { call } from './call.ts'
import { expression, operand } from './expression.ts'
import { changedLabels } from './labels.ts'
import { pattern } from './pattern.ts'
import { projection } from './projection.ts'
import type { Reading, Scope } from './reading.ts'
import { matched } from './subquery.ts'

/** All parts of a UNION. Answers the names that it returns. */
export function query(reading: Reading, scope: Scope): Scope {
  const returned = singleQuery(reading, new Set(scope))
  while (reading.takeWord('UNION')) {
    reading.takeWord('ALL', 'DISTINCT')
    singleQuery(reading, new Set(scope))
  }
  return returned
}

/** Clauses until a brace, a parenthesis, UNION or the end. */
function singleQuery(reading: Reading, begin: Scope): Scope {
  let scope = begin
  const ends = () => reading.token.kind === 'end' || ['}', ')', ';'].some((symbol) => reading.symbols(symbol))
  if (ends()) reading.unclear('a clause')
  while (!ends() && !reading.word('UNION')) {
    const returns = reading.word('RETURN')
    scope = clause(reading, scope)
    if (returns) return scope
  }
  return new Set()
}

/** Reads one clause. Answers the names in scope after it. */
export function clause(reading: Reading, scope: Scope): Scope {
  const begin = reading.token
  const word = begin.kind === 'name' ? begin.value.toUpperCase() : ''
  const read = clauses[word]
  if (!read) refuseClause(reading, word)
  reading.next()
  return read(reading, scope) ?? scope
}

const clauses: Readonly<Record<string, (reading: Reading, scope: Scope) => Scope | undefined>> = {
  MATCH: (reading, scope) => void matched(reading, scope),
  OPTIONAL: (reading, scope) => {
    if (reading.takeWord('CALL')) return call(reading, scope)
    reading.expectWord('MATCH')
    matched(reading, scope)
  },
  CREATE: (reading, scope) => {
    if (reading.named() && !(reading.ahead(1).kind === 'symbol' && reading.ahead(1).value === '='))
      refuseSchema(reading)
    patterns(reading, scope, 'create')
  },
  INSERT: (reading, scope) => void patterns(reading, scope, 'insert'),
  MERGE: (reading, scope) => {
    pattern(reading, { clause: 'merge', scope })
    while (reading.takeWord('ON')) {
      if (!reading.takeWord('MATCH', 'CREATE')) reading.unclear('MATCH or CREATE')
      reading.expectWord('SET')
      setItems(reading)
    }
  },
  SET: (reading) => void setItems(reading),
  REMOVE: (reading) => {
    do {
      operand(reading)
      changedLabels(reading, true)
    } while (reading.take(','))
  },
  DETACH: (reading) => deleted(reading),
  NODETACH: (reading) => deleted(reading),
  DELETE: (reading) => void expressions(reading),
  WITH: (reading, scope) => projection(reading, scope, 'WITH'),
  RETURN: (reading, scope) => projection(reading, scope, 'RETURN'),
  UNWIND: (reading, scope) => {
    expression(reading)
    reading.expectWord('AS')
    scope.add(reading.expectName())
  },
  LET: (reading, scope) => {
    do {
      scope.add(reading.expectName())
      reading.expect('=')
      expression(reading)
    } while (reading.take(','))
  },
  FILTER: (reading) => {
    reading.takeWord('WHERE')
    expression(reading)
  },
  CALL: (reading, scope) => call(reading, scope),
  FOREACH: (reading, scope) => {
    reading.expect('(')
    let inner: Scope = new Set(scope).add(reading.expectName())
    reading.expectWord('IN')
    expression(reading, false)
    reading.expect('|')
    while (!reading.symbols(')')) inner = clause(reading, inner)
    reading.expect(')')
  },
  LOAD: (reading, scope) => {
    reading.expectWord('CSV')
    if (reading.takeWord('WITH')) reading.expectWord('HEADERS')
    reading.expectWord('FROM')
    expression(reading)
    reading.expectWord('AS')
    scope.add(reading.expectName())
    if (reading.takeWord('FIELDTERMINATOR') && reading.next().kind !== 'string') reading.unclear('a string before this')
  },
  FINISH: () => undefined,
}

function deleted(reading: Reading): undefined {
  reading.expectWord('DELETE')
  expressions(reading)
}

function expressions(reading: Reading): void {
  do expression(reading)
  while (reading.take(','))
}

function patterns(reading: Reading, scope: Scope, clause: 'create' | 'insert'): void {
  do pattern(reading, { clause, scope })
  while (reading.take(','))
}

function setItems(reading: Reading): void {
  do {
    operand(reading)
    if (reading.take('=') || reading.take('+=')) expression(reading)
    else if (reading.symbols(':') || reading.word('IS')) changedLabels(reading, false)
    else reading.unclear('`=`')
  } while (reading.take(','))
}

function refuseSchema(reading: Reading): never {
  reading.refuse(
    'it is a command about indexes, constraints, users or databases, which all namespaces share',
    'run it with the driver that is not labelled',
  )
}

function refuseClause(reading: Reading, word: string): never {
  if (['DROP', 'ALTER', 'SHOW', 'GRANT', 'DENY', 'REVOKE', 'RENAME', 'START', 'STOP', 'TERMINATE'].includes(word)) {
    refuseSchema(reading)
  }
  if (word === 'USE') reading.refuse('it goes to another database (USE)', 'name the database when you open the session')
  reading.unclear('a clause that can be kept in a namespace (such as MATCH, CREATE, MERGE, WITH, CALL { … } or RETURN)')
}
