import { IsolaneError } from '../../core/errors.ts'
import type { Namespace } from './cypher/reading.ts'

const usual = ['Dev', 'Test', 'Staging', 'Production']

/** @throws ISOLANE_OPTION_INVALID */
export function namespaceOf(label: string, namespaces: readonly string[] = usual): Namespace {
  // Quoting is of no matter for these, wherever they stand in a query.
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(label)) {
    throw new IsolaneError({
      code: 'ISOLANE_OPTION_INVALID',
      message: `The label ${JSON.stringify(label)} of a namespace is not made of letters, digits and \`_\``,
      remedy: 'choose one like "Dev"',
    })
  }
  return { label, others: new Set(namespaces.filter((name) => name !== label)) }
}
