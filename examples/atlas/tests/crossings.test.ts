import { expect, test } from 'vitest'
import { cross, openBorder } from '../src/borders.ts'
import { chartWorld } from '../src/chart.ts'
import { cypher } from '../src/graph.ts'
import { readWorld } from '../src/world.ts'
import { describeGraph } from './support/describe-graph.ts'

describeGraph('crossings', () => {
  test('every crossing counts, in both directions', async () => {
    await chartWorld(await readWorld())
    for (let time = 1; time <= 60; time += 1) {
      expect(await (time % 2 === 0 ? cross('FRA', 'ESP') : cross('ESP', 'FRA'))).toBe(time)
    }
    await Promise.all(Array.from({ length: 60 }, () => cross('NPL', 'CHN')))
    const total = 'MATCH ()-[border:BORDERS]->() RETURN sum(border.crossings) AS crossings'
    expect(await cypher(total)).toEqual([{ crossings: 120 }])
  })

  test('nobody crosses where there is no border', async () => {
    await chartWorld(await readWorld())
    await expect(cross('ISL', 'NZL')).rejects.toThrow('no border')
    await openBorder('ISL', 'NZL')
    expect(await cross('ISL', 'NZL')).toBe(1)
  })
})
