import { expression, map, parameterName } from './expression.ts'
import { labelExpression } from './labels.ts'
import type { Reading, Scope } from './reading.ts'

/** What a pattern is for, and what has a name there. */
export interface Place {
  readonly clause: 'match' | 'create' | 'insert' | 'merge'
  readonly scope: Scope
}

interface Path {
  readonly relationships: number
  /** Has `[*1..3]`, whose inner nodes stand nowhere in the query. */
  readonly variable: boolean
}

const selectors = ['ALL', 'ANY', 'SHORTEST', 'WALK', 'TRAIL', 'ACYCLIC', 'PATH', 'PATHS', 'GROUP', 'GROUPS']

/** One pattern of a clause. Answers the predicate that its path needs, if it needs one. */
export function pattern(reading: Reading, place: Place): string | undefined {
  const begin = reading.token
  const name = pathName(reading)
  const selected = takeSelector(reading)
  const shortest = reading.takeWord('SHORTESTPATH', 'ALLSHORTESTPATHS')
  if (shortest) reading.expect('(')
  const { variable } = path(reading, place)
  if (shortest) reading.expect(')')
  if (name !== undefined) place.scope.add(name)
  if (!variable) return undefined
  if (selected || place.clause !== 'match') {
    reading.refuse(
      'it has a path of any length (`*`) where its nodes can not be checked',
      'write it with a quantifier',
      begin,
    )
  }
  return nodesHaveLabel(reading, name === undefined ? fresh(reading, begin.start) : quotedName(name))
}

function fresh(reading: Reading, position: number): string {
  reading.namedPath ??= reading.token
  const name = reading.freshPath()
  reading.insert(position, `${name} = `)
  return name
}

function nodesHaveLabel(reading: Reading, path: string): string {
  const node = `${reading.own}node`
  return `all(${node} IN nodes(${path}) WHERE ${node}:${reading.label})`
}

/** Names come from the query itself, where `\u` is refused: a backtick is all that needs care. */
export function quotedName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}

function pathName(reading: Reading): string | undefined {
  const { kind, value } = reading.ahead(1)
  if (!reading.named() || kind !== 'symbol' || value !== '=') return undefined
  const name = reading.expectName()
  reading.expect('=')
  return name
}

function takeSelector(reading: Reading): boolean {
  let taken = false
  while (reading.takeWord(...selectors)) {
    taken = true
    if (reading.token.kind === 'number') reading.next()
    else if (reading.take('$')) parameterName(reading)
  }
  return taken
}

/** Nodes, relationships, and paths in parentheses, in a row. */
function path(reading: Reading, place: Place): Path {
  let [relationships, variable] = [0, false]
  do {
    if (parenthesized(reading)) {
      reading.expect('(')
      if (pattern(reading, place)) {
        reading.refuse('it has a path of any length (`*`) within another path', 'write it with a quantifier')
      }
      if (reading.takeWord('WHERE')) expression(reading)
      reading.expect(')')
      quantifier(reading)
      relationships++
    } else {
      node(reading, place)
      while (relationshipFollows(reading)) {
        if (relationship(reading, place)) variable = true
        node(reading, place)
        relationships++
      }
    }
  } while (place.clause === 'match' && reading.symbols('('))
  return { relationships, variable }
}

function parenthesized(reading: Reading): boolean {
  if (reading.symbols('(', '(')) return true
  const equals = reading.ahead(2)
  return reading.symbols('(') && reading.named(1) && equals.kind === 'symbol' && equals.value === '='
}

/** `(variable:Label {properties} WHERE …)`: gets the label, unless CREATE or MERGE takes one that is there already. */
export function node(reading: Reading, place: Place): void {
  let position = reading.expect('(').end
  let name: string | undefined
  if (reading.named() && !beginsWhere(reading) && !beginsIs(reading)) {
    name = reading.expectName()
    position = reading.last.end
  }
  const bound = place.clause !== 'match' && name !== undefined && place.scope.has(name)
  if (reading.symbols(':') || beginsIs(reading)) nodeLabels(reading, place, bound)
  else if (!bound) reading.insert(position, `:${reading.label}`)
  properties(reading)
  if (reading.takeWord('WHERE')) expression(reading)
  reading.expect(')')
  if (name !== undefined) place.scope.add(name)
}

function nodeLabels(reading: Reading, { clause }: Place, bound: boolean): void {
  const { value, end } = reading.next()
  const labels = labelExpression(reading, 'node')
  if (labels.dynamic && clause !== 'match') {
    reading.refuse('it creates nodes with labels that only the server can tell', 'write the labels into the query')
  }
  if (bound) return
  const after = reading.last.end
  if (value === ':' && labels.plain && clause !== 'insert') reading.insert(after, `:${reading.label}`)
  else if (labels.conjunction && clause !== 'match') reading.insert(after, `&${reading.label}`)
  else {
    reading.insert(end, ' (')
    reading.insert(after, `)&${reading.label}`)
  }
}

/** `(WHERE …)` has no name. `(where {…})` could be both, and is not guessed. */
function beginsWhere(reading: Reading): boolean {
  if (!reading.word('WHERE')) return false
  const { kind, value } = reading.ahead(1)
  if (kind !== 'symbol') return true
  if (value === '{' || value === '$') reading.unclear('another name than `where`')
  return ['(', '[', '+', '-'].includes(value)
}

/** Whether IS begins a label, and is not itself a name. */
function beginsIs(reading: Reading): boolean {
  if (!reading.word('IS')) return false
  const { kind, value } = reading.ahead(1)
  return kind !== 'symbol' || ['!', '(', '$', '%'].includes(value)
}

function properties(reading: Reading): void {
  if (reading.symbols('{')) map(reading)
  else if (reading.take('$')) parameterName(reading)
}

/** Whether `-[`, `--`, `<-[` or `<--` comes next. */
export function relationshipFollows(reading: Reading): boolean {
  return ['[', '-'].some((after) => reading.symbols('-', after) || reading.symbols('<', '-', after))
}

/** With its quantifier. Answers whether it is one of any length: `[*]`. */
function relationship(reading: Reading, place: Place): boolean {
  const { start } = reading.token
  let variable = false
  reading.take('<')
  reading.expect('-')
  if (reading.take('[')) {
    if (reading.named() && !beginsWhere(reading) && !beginsIs(reading)) place.scope.add(reading.expectName())
    if (reading.take(':') || (beginsIs(reading) && reading.takeWord('IS'))) labelExpression(reading, 'relationship')
    if (reading.take('*')) {
      variable = true
      if (reading.token.kind === 'number') reading.next()
      if (reading.take('..') && reading.token.kind === 'number') reading.next()
    }
    properties(reading)
    if (reading.takeWord('WHERE')) expression(reading)
    reading.expect(']')
  }
  reading.expect('-')
  reading.take('>')
  const { end } = reading.last
  if (quantifier(reading)) {
    // Written out, so that the nodes in between are there to carry the label.
    reading.insert(start, `((:${reading.label})`)
    reading.insert(end, `(:${reading.label}))`)
  }
  return variable
}

function quantifier(reading: Reading): boolean {
  if (reading.take('+') || reading.take('*')) return true
  if (!reading.take('{')) return false
  if (reading.token.kind === 'number') reading.next()
  if (reading.take(',') && reading.token.kind === 'number') reading.next()
  reading.expect('}')
  return true
}

/** A pattern among values: true if there is such a path. */
export function expressionPath(reading: Reading): void {
  const { token } = reading
  const { relationships, variable } = path(reading, { clause: 'match', scope: new Set() })
  if (relationships === 0) reading.unclear('a relationship')
  if (variable) {
    reading.refuse('it has a path of any length (`*`) among its values', 'write it as EXISTS { … }', token)
  }
}

/** `[path = (a)-->(b) WHERE … | …]` */
export function patternComprehension(reading: Reading): void {
  reading.expect('[')
  const predicate = pattern(reading, { clause: 'match', scope: new Set() })
  where(reading, predicate === undefined ? [] : [predicate], false)
  reading.expect('|')
  expression(reading, false)
  reading.expect(']')
}

/** WHERE, if there is one, and these predicates. */
export function where(reading: Reading, predicates: readonly string[], bars = true): void {
  const all = predicates.join(' AND ')
  const { end } = reading.last
  if (!reading.takeWord('WHERE')) {
    if (all !== '') reading.insert(end, ` WHERE ${all}`)
    return
  }
  if (all !== '') reading.insert(reading.last.end, ` ${all} AND (`)
  expression(reading, bars)
  if (all !== '') reading.insert(reading.last.end, ')')
}
