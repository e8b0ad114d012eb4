import { cypher } from './graph.ts'

/** The way over land with the fewest borders, both ends included; `undefined` when there is none. */
export async function landRoute(from: string, to: string): Promise<string[] | undefined> {
  const found = await cypher<{ codes: string[] }>(
    `MATCH path = shortestPath((:Country {code: $from})-[:BORDERS*]-(:Country {code: $to}))
     RETURN [country IN nodes(path) | country.code] AS codes`,
    { from, to },
  )
  return found[0]?.codes
}

/** How many borders lie between two countries. */
export async function bordersBetween(from: string, to: string): Promise<number | undefined> {
  const route = await landRoute(from, to)
  return route && route.length - 1
}

/** Every country that can be reached over land, the start not included. */
export async function reachable(from: string): Promise<string[]> {
  const seen = new Set([from])
  let edge = [from]
  while (edge.length > 0) {
    const next = await cypher<{ code: string }>(
      `MATCH (country:Country)-[:BORDERS]-(other) WHERE country.code IN $edge
       RETURN DISTINCT other.code AS code`,
      { edge },
    )
    edge = next.map(({ code }) => code).filter((code) => !seen.has(code))
    for (const code of edge) seen.add(code)
  }
  seen.delete(from)
  return [...seen].sort()
}

/** Countries without a neighbour. */
export async function islands(): Promise<string[]> {
  const found = await cypher<{ code: string }>(
    'MATCH (country:Country) WHERE NOT (country)-[:BORDERS]-() RETURN country.code AS code ORDER BY code',
  )
  return found.map((row) => row.code)
}

/** Land masses: groups of two or more countries connected over land, the largest first. */
export async function landMasses(): Promise<number[]> {
  const all = await cypher<{ code: string }>(
    'MATCH (country:Country)-[:BORDERS]-() RETURN DISTINCT country.code AS code',
  )
  const left = new Set(all.map((row) => row.code))
  const sizes: number[] = []
  for (const code of left) {
    const mass = [code, ...(await reachable(code))]
    for (const member of mass) left.delete(member)
    sizes.push(mass.length)
  }
  return sizes.sort((one, other) => other - one)
}
