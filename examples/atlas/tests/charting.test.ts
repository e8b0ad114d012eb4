import { expect, test } from 'vitest'
import { countBorders } from '../src/borders.ts'
import { chartWorld, countCharted } from '../src/chart.ts'
import { cypher } from '../src/graph.ts'
import { readWorld } from '../src/world.ts'
import { describeGraph } from './support/describe-graph.ts'

describeGraph('charting', () => {
  test('each chart replaces the one before', async () => {
    const world = await readWorld()
    for (const [region, borders] of [
      ['Africa', 108],
      ['Oceania', 0],
      ['Europe', 87],
    ] as const) {
      await chartWorld(world.filter((country) => country.region === region))
      expect(await cypher('MATCH (country:Country) RETURN DISTINCT country.region AS region')).toEqual([{ region }])
      expect(await countBorders()).toBe(borders)
    }
    await chartWorld(world)
    expect(await countCharted()).toBe(250)
  })

  test('no country is charted twice', async () => {
    await chartWorld(await readWorld())
    await expect(cypher(`CREATE (:Country {code: 'ITA'})`)).rejects.toThrow(/already exists/)
    expect(await countCharted()).toBe(250)
  })

  test('an empty world', async () => {
    await chartWorld([])
    expect([await countCharted(), await countBorders()]).toEqual([0, 0])
  })
})
