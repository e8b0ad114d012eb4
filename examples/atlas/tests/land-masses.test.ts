import { beforeEach, expect, test } from 'vitest'
import { closeBorder, eraseCountry, openBorder } from '../src/borders.ts'
import { chartWorld } from '../src/chart.ts'
import { landMasses, reachable } from '../src/routes.ts'
import { readWorld } from '../src/world.ts'
import { describeGraph } from './support/describe-graph.ts'

describeGraph('land masses', () => {
  beforeEach(async () => chartWorld(await readWorld()))

  test('the old world, the new world, and three shared islands', async () => {
    expect(await landMasses()).toEqual([135, 23, 2, 2, 2])
    expect(await reachable('HTI')).toEqual(['DOM'])
  })

  test('the Americas fall apart without Panama', async () => {
    expect(await reachable('COL')).toHaveLength(22)
    await eraseCountry('PAN')
    expect(await reachable('COL')).not.toContain('MEX')
    expect(await landMasses()).toEqual([135, 13, 9, 2, 2, 2])
  })

  test('a bridge joins what the sea parts', async () => {
    await openBorder('RUS', 'USA')
    expect((await landMasses())[0]).toBe(158)
    await closeBorder('USA', 'RUS')
    expect((await landMasses())[0]).toBe(135)
  })
})
