import { beforeEach, expect, test } from 'vitest'
import { closeBorder, neighbours } from '../src/borders.ts'
import { chartWorld } from '../src/chart.ts'
import { bordersBetween, landRoute, reachable } from '../src/routes.ts'
import { readWorld } from '../src/world.ts'
import { describeGraph } from './support/describe-graph.ts'

describeGraph('routes over land', () => {
  beforeEach(async () => chartWorld(await readWorld()))

  test('as few borders as can be', async () => {
    expect(await landRoute('ESP', 'ITA')).toEqual(['ESP', 'FRA', 'ITA'])
    expect(await bordersBetween('PRT', 'KOR')).toBe(7)
    expect(await bordersBetween('CAN', 'ARG')).toBe(10)
    expect(await landRoute('PRT', 'BRA')).toBeUndefined()
  })

  test('from Portugal, nowhere on the land mass is more than eleven borders away', async () => {
    const distances = new Map<number | undefined, number>()
    for (const code of await reachable('PRT')) {
      const distance = await bordersBetween('PRT', code)
      expect(distance).toBeGreaterThan(0)
      distances.set(distance, (distances.get(distance) ?? 0) + 1)
    }
    expect(Object.fromEntries(distances)).toEqual({
      1: 1,
      2: 4,
      3: 8,
      4: 14,
      5: 16,
      6: 28,
      7: 34,
      8: 11,
      9: 11,
      10: 4,
      11: 3,
    })
  })

  test('closed borders make detours, until there is no way left', async () => {
    await closeBorder('FRA', 'ITA')
    expect(await bordersBetween('ESP', 'ITA')).toBe(3)
    await closeBorder('CHE', 'ITA')
    expect(await bordersBetween('ESP', 'ITA')).toBe(4)
    await closeBorder('AUT', 'ITA')
    expect(await bordersBetween('ESP', 'ITA')).toBe(5)
    for (const code of await neighbours('ITA')) await closeBorder('ITA', code)
    expect(await bordersBetween('ESP', 'ITA')).toBeUndefined()
  })
})
