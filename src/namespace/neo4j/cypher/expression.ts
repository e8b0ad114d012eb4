import { labelExpression } from './labels.ts'
import { expressionPath, patternComprehension, relationshipFollows } from './pattern.ts'
import type { Reading } from './reading.ts'
import { subquery } from './subquery.ts'
import { caseExpression, functionCall, mapProjection, typeName } from './value.ts'

const binary = ['=', '<>', '!=', '<=', '>=', '<', '>', '=~', '+', '-', '*', '/', '%', '^', '||']

/**
 * Operands and what stands between them. Who binds whom does not matter here: only that each pattern and each subquery in
 * it is found. With `bars` false a `|` ends it, as it does in comprehensions.
 */
export function expression(reading: Reading, bars = true): void {
  do {
    while (reading.take('+') || reading.take('-') || takeNot(reading)) {}
    operand(reading)
    while (predicate(reading, bars)) {}
  } while (operator(reading))
}

/** NOT may be a name, but nothing that can follow a name can begin an operand, except for these. */
function takeNot(reading: Reading): boolean {
  const following = reading.ahead(1)
  if (following.kind === 'symbol' && !['(', '[', '{', '$', '+', '-'].includes(following.value)) return false
  return reading.takeWord('NOT')
}

function operator(reading: Reading): boolean {
  if (binary.some((symbol) => reading.take(symbol))) return true
  if (reading.takeWord('OR', 'XOR', 'AND', 'IN', 'CONTAINS')) return true
  if (!reading.words('STARTS', 'WITH') && !reading.words('ENDS', 'WITH')) return false
  reading.next()
  reading.next()
  return true
}

/** What can stand after an operand and needs none of its own. */
function predicate(reading: Reading, bars: boolean): boolean {
  if (reading.take('::')) typeName(reading, bars)
  else if (reading.take(':')) labelExpression(reading, 'either', bars)
  else if (reading.takeWord('IS')) {
    reading.takeWord('NOT')
    if (reading.takeWord('NULL')) return true
    if (reading.take('::') || reading.takeWord('TYPED')) typeName(reading, bars)
    else if (reading.takeWord('NFC', 'NFD', 'NFKC', 'NFKD')) reading.expectWord('NORMALIZED')
    else if (!reading.takeWord('NORMALIZED')) {
      reading.takeWord('LABELED')
      labelExpression(reading, 'either', bars)
    }
  } else return false
  return true
}

/** A value, with the properties and elements that are taken from it. */
export function operand(reading: Reading): void {
  const { token } = reading
  if (token.kind === 'string' || token.kind === 'number') reading.next()
  else if (reading.take('$')) parameterName(reading)
  else if (reading.symbols('(')) group(reading)
  else if (reading.symbols('[')) list(reading)
  else if (reading.symbols('{')) map(reading)
  else if (reading.named()) word(reading)
  else reading.unclear('a value')
  for (;;) {
    if (reading.take('.')) reading.expectName()
    else if (reading.take('[')) {
      if (!reading.symbols('..')) expression(reading)
      if (reading.take('..') && !reading.symbols(']')) expression(reading)
      reading.expect(']')
    } else return
  }
}

export function parameterName(reading: Reading): void {
  if (reading.token.kind !== 'number' && !reading.named()) reading.unclear('the name of a parameter')
  reading.next()
}

function word(reading: Reading): void {
  if (reading.words('CASE') && !nameEnds(reading)) {
    caseExpression(reading)
    return
  }
  const braced = reading.ahead(1).kind === 'symbol' && reading.ahead(1).value === '{'
  if (braced && reading.word('EXISTS', 'COUNT', 'COLLECT')) {
    subquery(reading)
    return
  }
  const names = [reading.expectName()]
  let count = 0
  while (symbolAhead(reading, count, '.') && reading.named(count + 1)) count += 2
  if (symbolAhead(reading, count, '(')) {
    for (; count > 0; count -= 2) {
      reading.next()
      names.push(reading.expectName())
    }
    functionCall(reading, names)
  } else if (reading.symbols('{')) mapProjection(reading)
}

/** Whether what begins here, if it were a name, would be a whole operand. */
function nameEnds(reading: Reading): boolean {
  const { kind, value } = reading.ahead(1)
  return kind === 'end' || (kind === 'symbol' && [')', ']', '}', ',', '.', '|', '=', ':', '<>'].includes(value))
}

function symbolAhead(reading: Reading, count: number, symbol: string): boolean {
  const { kind, value } = reading.ahead(count)
  return kind === 'symbol' && value === symbol
}

/** What could be a pattern is one; the server reads it so too. */
function group(reading: Reading): void {
  const noPattern = reading.attempt(() => expressionPath(reading))
  if (!noPattern) return
  reading.expect('(')
  expression(reading)
  reading.expect(')')
  if (relationshipFollows(reading)) throw noPattern
}

/** A list, or a comprehension. */
function list(reading: Reading): void {
  if (!reading.attempt(() => patternComprehension(reading))) return
  reading.expect('[')
  if (reading.take(']')) return
  do {
    expression(reading, false)
    if (reading.takeWord('WHERE')) expression(reading, false)
    if (reading.take('|')) expression(reading, false)
  } while (reading.take(','))
  reading.expect(']')
}

export function map(reading: Reading): void {
  reading.expect('{')
  if (reading.take('}')) return
  do {
    reading.expectName()
    reading.expect(':')
    expression(reading)
  } while (reading.take(','))
  reading.expect('}')
}
