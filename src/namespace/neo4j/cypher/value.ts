import { expression } from './expression.ts'
import type { Reading } from './reading.ts'

/** Those whose functions come with the server, and only make values out of values. */
const builtIn = /^(?:date|time|datetime|localtime|localdatetime|duration|point|coll|vector\.similarity)$/

/** After its name. The label of the namespace does not show in what `labels` returns. */
export function functionCall(reading: Reading, names: readonly string[]): void {
  const { last } = reading
  const start = reading.ahead(1 - names.length * 2).start
  const name = names.join('.').toLowerCase()
  if (names.length > 1 && !builtIn.test(name.slice(0, name.lastIndexOf('.')))) {
    reading.refuse(
      `it calls ${names.join('.')}, and what a plugin's function reads is not known`,
      'do without it, or run it with the driver that is not labelled',
      last,
    )
  }
  if (name === 'shortestpath' || name === 'allshortestpaths') {
    reading.refuse(`it has ${names[0]} among its values`, `write it as MATCH path = ${names[0]}(…)`, last)
  }
  reading.expect('(')
  functionArguments(reading, name)
  reading.expect(')')
  if (name !== 'labels') return
  // One name for all: ORDER BY must find the same expression again.
  const label = `${reading.own}label`
  reading.insert(start, `[${label} IN `)
  reading.insert(reading.last.end, ` WHERE ${label} <> '${reading.namespace.label}']`)
}

/** Also of those that look like functions: `all(x IN list WHERE …)`, `reduce(sum = 0, x IN list | sum + x)`. */
function functionArguments(reading: Reading, name: string): void {
  if (reading.symbols(')') || (name === 'count' && reading.take('*'))) return
  const following = reading.ahead(1)
  const more = following.kind !== 'symbol' || ['(', '[', '{', '$', '-', '+'].includes(following.value)
  if (more) reading.takeWord('DISTINCT', 'ALL')
  if (name === 'trim') {
    reading.takeWord('BOTH', 'LEADING', 'TRAILING')
    reading.takeWord('FROM')
  }
  do {
    expression(reading, false)
    if (reading.takeWord('WHERE') || (name === 'trim' && reading.takeWord('FROM'))) expression(reading, false)
  } while (reading.take(',') || reading.take('|'))
}

/** CASE, with or without a value to compare. */
export function caseExpression(reading: Reading): void {
  reading.expectWord('CASE')
  if (!reading.word('WHEN')) expression(reading)
  while (reading.takeWord('WHEN')) {
    do {
      comparison(reading)
    } while (reading.take(','))
    reading.expectWord('THEN')
    expression(reading)
  }
  if (reading.takeWord('ELSE')) expression(reading)
  reading.expectWord('END')
}

/** What comes after WHEN may lack its left side. */
function comparison(reading: Reading): void {
  if (reading.takeWord('IS')) {
    reading.takeWord('NOT')
    reading.expectWord('NULL')
    return
  }
  const operators = ['=', '<>', '<=', '>=', '<', '>', '=~']
  if (operators.some((symbol) => reading.take(symbol))) {
    // Its right side follows.
  } else if (reading.words('STARTS', 'WITH') || reading.words('ENDS', 'WITH')) {
    reading.next()
    reading.next()
  }
  expression(reading)
}

/** `node {.name, .*, other: 1}`, after the variable. */
export function mapProjection(reading: Reading): void {
  reading.expect('{')
  if (reading.take('}')) return
  do {
    if (reading.take('.')) {
      if (!reading.take('*')) reading.expectName()
    } else {
      reading.expectName()
      if (reading.take(':')) expression(reading)
    }
  } while (reading.take(','))
  reading.expect('}')
}

const types =
  /^(?:NOTHING|NULL|BOOL|BOOLEAN|VARCHAR|STRING|UUID|INT|INTEGER|SIGNED|INTEGER\d+|INT\d+|FLOAT|FLOAT\d+|DATE|LOCAL|ZONED|TIME|TIMESTAMP|DATETIME|WITHOUT|WITH|ZONE|TIMEZONE|DURATION|POINT|NODE|VERTEX|RELATIONSHIP|EDGE|MAP|LIST|ARRAY|PATH|PATHS|ANY|PROPERTY|VALUE|VECTOR|NOT)$/i

/** After `IS ::`. */
export function typeName(reading: Reading, bars: boolean): void {
  let read = 0
  const part = () => reading.token.kind === 'name' && types.test(reading.token.value)
  for (; part() || reading.symbols('!') || (bars && read > 0 && reading.symbols('|')); read++) reading.next()
  if (read === 0) reading.unclear('a type')
  if (!reading.take('<')) return
  typeName(reading, true)
  reading.expect('>')
  if (part()) typeName(reading, bars)
}
