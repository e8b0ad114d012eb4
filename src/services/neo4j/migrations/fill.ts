import type { Unfilled } from '../../../core/contracts.ts'
import { messageOf } from '../../../core/errors.ts'
import { quoted } from '../bolt/quoted.ts'
import type { Ask } from './session.ts'

interface Named {
  readonly label: string
  readonly property: string
  /** Of a value that is there: `number`, `boolean`, `text`. */
  readonly type: string
}

interface Index {
  readonly labels: readonly string[]
  readonly properties: readonly string[]
}

/** Those of constraints too. */
const indexes = `
SHOW INDEXES YIELD entityType, labelsOrTypes, properties WHERE entityType = 'NODE' AND labelsOrTypes <> []
RETURN labelsOrTypes AS labels, properties`

const present = `
MATCH (n) UNWIND labels(n) AS label UNWIND keys(n) AS property
WITH label, property, head(collect(n[property])) AS value
RETURN label, property, CASE WHEN toIntegerOrNull(value) = value THEN 'number'
  WHEN toBooleanOrNull(value) = value THEN 'boolean' WHEN toStringOrNull(value) = value THEN 'text' ELSE 'other' END AS type`

const values: Readonly<Record<string, string>> = { number: 'i', boolean: 'i % 2 = 0', text: "'value ' + toString(i)" }

/** A graph has no tables to read from: nodes are added of labels that are named anywhere. */
export async function fillLabels(ask: Ask, rows: number, spared: ReadonlySet<string>): Promise<readonly Unfilled[]> {
  const labels = new Map<string, Map<string, string>>()
  for (const { label, property, type } of await namedIn(ask)) {
    const properties = labels.get(label) ?? new Map<string, string>()
    labels.set(label, properties)
    const value = values[type]
    if (value) properties.set(property, value)
  }
  const unfilled: Unfilled[] = []
  for (const [label, properties] of labels) {
    if (spared.has(`(:${label})`) || label.startsWith('__')) continue
    const reason = await fillLabel(ask, label, properties, rows)
    if (reason !== undefined) unfilled.push({ table: `(:${label})`, reason })
  }
  return unfilled
}

/** Labels and properties that indexes and constraints name, and those that nodes have. */
async function namedIn(ask: Ask): Promise<readonly Named[]> {
  const shown = await ask<Index & Record<string, unknown>>(indexes)
  const wanted = shown.flatMap(({ labels, properties }) =>
    labels.flatMap((label) => properties.map((property) => ({ label, property, type: 'text' }))),
  )
  return [...wanted, ...(await ask<Named & Record<string, unknown>>(present))]
}

async function fillLabel(
  ask: Ask,
  label: string,
  properties: ReadonlyMap<string, string>,
  rows: number,
): Promise<string | undefined> {
  const [there] = await ask<{ count: bigint }>(`MATCH (n:${quoted(label)}) RETURN count(n) AS count`)
  const count = Number(there?.count ?? 0)
  const given = [...properties].map(([name, value]) => `n.${quoted(name)} = ${value}`)
  const set = given.length > 0 ? `SET ${given.join(', ')}` : ''
  try {
    if (count < rows) {
      const range = { from: BigInt(count + 1), to: BigInt(rows) }
      await ask(`UNWIND range($from, $to) AS i CREATE (n:${quoted(label)}) ${set} RETURN count(n)`, range)
    }
    for (const [name, value] of properties) await fillProperty(ask, label, name, value)
    return undefined
  } catch (error) {
    return messageOf(error).split('\n')[0] ?? ''
  }
}

/** One that no node has yet. */
async function fillProperty(ask: Ask, label: string, name: string, value: string): Promise<void> {
  const property = `n.${quoted(name)}`
  const [there] = await ask<{ filled: bigint }>(`MATCH (n:${quoted(label)}) RETURN count(${property}) AS filled`)
  if (Number(there?.filled ?? 0) > 0) return
  await ask(
    `MATCH (n:${quoted(label)}) WITH collect(n) AS found UNWIND range(1, size(found)) AS i
     WITH found[i - 1] AS n, i SET ${property} = ${value} RETURN count(n)`,
  )
}
