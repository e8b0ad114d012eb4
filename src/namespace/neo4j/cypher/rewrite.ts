import { query } from './clauses.ts'
import { type Namespace, Reading } from './reading.ts'

/**
 * The query as it is sent: every node that it matches or creates has the namespace's label.
 * @throws ISOLANE_QUERY_REFUSED where that can't be said for sure
 */
export function rewrite(text: string, namespace: Namespace): string {
  const reading = new Reading(text, namespace)
  preparser(reading)
  query(reading, new Set())
  while (reading.take(';')) {}
  if (reading.token.kind !== 'end') reading.unclear('the end of the query')
  if (reading.star && reading.namedPath) {
    reading.refuse(
      'it has both a path of any length (`*`) without a name and a RETURN or WITH of everything',
      'give the path a name (`MATCH path = …`), or say what to return',
      reading.star,
    )
  }
  return reading.result()
}

/** `EXPLAIN`, `PROFILE` and `CYPHER 25 runtime=slotted`. */
function preparser(reading: Reading): void {
  for (;;) {
    if (reading.takeWord('EXPLAIN', 'PROFILE')) continue
    if (!reading.takeWord('CYPHER')) return
    if (reading.token.kind === 'number') reading.next()
    while (reading.named() && reading.ahead(1).value === '=') {
      reading.next()
      reading.next()
      reading.next()
    }
  }
}
