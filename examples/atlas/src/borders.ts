import { cypher } from './graph.ts'

export async function neighbours(code: string): Promise<string[]> {
  const found = await cypher<{ code: string }>(
    'MATCH (:Country {code: $code})-[:BORDERS]-(other) RETURN other.code AS code ORDER BY code',
    { code },
  )
  return found.map((row) => row.code)
}

export async function openBorder(one: string, other: string): Promise<void> {
  const [first, second] = [one, other].sort()
  await cypher(
    `MATCH (a:Country {code: $first}), (b:Country {code: $second})
     MERGE (a)-[border:BORDERS]->(b) ON CREATE SET border.crossings = 0`,
    { first, second },
  )
}

/** Closes the border between two countries; returns whether there was one. */
export async function closeBorder(one: string, other: string): Promise<boolean> {
  const closed = await cypher<{ count: number }>(
    'MATCH (:Country {code: $one})-[border:BORDERS]-(:Country {code: $other}) DELETE border RETURN count(*) AS count',
    { one, other },
  )
  return (closed[0]?.count ?? 0) > 0
}

/** Notes that someone crossed, and returns how often anyone did. */
export async function cross(one: string, other: string): Promise<number> {
  const crossed = await cypher<{ crossings: number }>(
    `MATCH (:Country {code: $one})-[border:BORDERS]-(:Country {code: $other})
     SET border.crossings = border.crossings + 1 RETURN border.crossings AS crossings`,
    { one, other },
  )
  if (!crossed[0]) throw new Error(`${one} and ${other} have no border to cross`)
  return crossed[0].crossings
}

export async function countBorders(): Promise<number> {
  return (await cypher<{ count: number }>('MATCH ()-[border:BORDERS]->() RETURN count(border) AS count'))[0]?.count ?? 0
}

/** Takes a country off the map, borders and all. */
export async function eraseCountry(code: string): Promise<void> {
  await cypher('MATCH (country:Country {code: $code}) DETACH DELETE country', { code })
}
