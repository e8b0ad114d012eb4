import type { Country as Source } from 'world-countries'
import { type Ask, cypher } from './graph.ts'
import { landBorders } from './world.ts'

/** Replaces the graph by the given countries and their borders. */
export async function chartWorld(world: readonly Source[], ask: Ask = cypher): Promise<void> {
  await ask('MATCH (country:Country) DETACH DELETE country')
  await ask('UNWIND $countries AS given CREATE (:Country {code: given.code, name: given.name, region: given.region})', {
    countries: world.map(({ cca3, name, region }) => ({ code: cca3, name: name.common, region })),
  })
  await ask(
    `UNWIND $borders AS pair MATCH (a:Country {code: pair[0]}), (b:Country {code: pair[1]})
     CREATE (a)-[:BORDERS {crossings: 0}]->(b)`,
    { borders: landBorders(world) },
  )
}

export async function countCharted(): Promise<number> {
  return (await cypher<{ count: number }>('MATCH (country:Country) RETURN count(country) AS count'))[0]?.count ?? 0
}
