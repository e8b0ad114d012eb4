import { expression } from './expression.ts'
import type { Reading } from './reading.ts'

export interface Labels {
  /** Just names, one after the other with `:`. */
  readonly plain: boolean
  /** Just names, with `&` or `:`. */
  readonly conjunction: boolean
  readonly dynamic: boolean
}

/** What stands after `:` or IS. Of a comprehension, a `|` is not part of it. */
export function labelExpression(reading: Reading, of: 'node' | 'relationship' | 'either', bars = true): Labels {
  const found = { plain: true, conjunction: true, dynamic: false }
  const operators = ['&', ':', ...(bars ? ['|'] : [])]
  const operand = () => {
    while (reading.take('!')) Object.assign(found, { plain: false, conjunction: false })
    if (reading.take('(')) {
      const inner = labelExpression(reading, of)
      reading.expect(')')
      Object.assign(found, { plain: false, conjunction: false, dynamic: found.dynamic || inner.dynamic })
    } else if (reading.symbols('%')) {
      if (of !== 'relationship') {
        reading.refuse(
          'it asks for any label (`%`), and the label of the namespace is one',
          'name the labels that it may have',
        )
      }
      reading.next()
      found.conjunction = found.plain = false
    } else if (reading.take('$')) {
      reading.takeWord('ALL', 'ANY')
      reading.expect('(')
      expression(reading)
      reading.expect(')')
      Object.assign(found, { plain: false, conjunction: false, dynamic: true })
    } else labelName(reading)
  }
  for (operand(); operators.some((operator) => reading.symbols(operator)); operand()) {
    const operator = reading.next().value
    if (operator !== ':') found.plain = false
    if (operator === '|') {
      found.conjunction = false
      reading.take(':')
    }
  }
  return found
}

/** @throws ISOLANE_QUERY_REFUSED for the label of another namespace */
export function labelName(reading: Reading): string {
  const { token } = reading
  const name = reading.expectName()
  if (reading.namespace.others.has(name)) {
    reading.refuse(
      `it names ${name}, the label of another namespace than ${reading.namespace.label}`,
      `use the driver that is labelled with ${name}; if that is an ordinary label here, say which labels are namespaces with the option \`namespaces\``,
      token,
    )
  }
  return name
}

/** The labels that SET gives and REMOVE takes away. */
export function changedLabels(reading: Reading, removed: boolean): void {
  const first = reading.takeWord('IS')
  for (let again = first; again || reading.take(':'); again = false) {
    if (reading.symbols('$')) {
      reading.refuse('it changes a label that only the server can tell', 'write the label into the query')
    }
    const { token } = reading
    if (labelName(reading) === reading.namespace.label && removed) {
      reading.refuse(
        `it takes a node out of the namespace ${reading.namespace.label}`,
        'delete the node, or use the driver that is not labelled',
        token,
      )
    }
  }
}
