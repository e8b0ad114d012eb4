import { beforeEach, expect, test } from 'vitest'
import { closeBorder, countBorders, neighbours, openBorder } from '../src/borders.ts'
import { chartWorld } from '../src/chart.ts'
import { readWorld } from '../src/world.ts'
import { describeGraph } from './support/describe-graph.ts'

describeGraph('neighbours', () => {
  beforeEach(async () => chartWorld(await readWorld()))

  test('every border has two sides', async () => {
    expect(await neighbours('CHE')).toEqual(['AUT', 'DEU', 'FRA', 'ITA', 'LIE'])
    expect(await countBorders()).toBe(324)
    for (const code of ['CHN', 'RUS', 'BRA', 'COD', 'DEU', 'FRA', 'SDN']) {
      for (const neighbour of await neighbours(code)) expect(await neighbours(neighbour)).toContain(code)
      expect(await countBorders()).toBe(324)
    }
  })

  test('borders open and close', async () => {
    await openBorder('ISL', 'GRL')
    await openBorder('GRL', 'ISL')
    expect(await neighbours('ISL')).toEqual(['GRL'])
    expect(await countBorders()).toBe(325)
    expect(await closeBorder('ISL', 'GRL')).toBe(true)
    expect(await closeBorder('ISL', 'GRL')).toBe(false)
    for (const code of await neighbours('DEU')) await closeBorder('DEU', code)
    expect(await countBorders()).toBe(324 - 9)
  })
})
