import { beforeEach, expect, test } from 'vitest'
import { eraseCountry, openBorder } from '../src/borders.ts'
import { chartWorld, countCharted } from '../src/chart.ts'
import { islands } from '../src/routes.ts'
import { readWorld } from '../src/world.ts'
import { describeGraph } from './support/describe-graph.ts'

describeGraph('islands', () => {
  beforeEach(async () => chartWorld(await readWorld()))

  test('countries without a neighbour over land', async () => {
    const found = await islands()
    expect(found).toHaveLength(86)
    expect(found).toEqual(expect.arrayContaining(['AUS', 'ISL', 'JPN', 'LKA', 'NZL']))
  })

  test('tunnels end solitude', async () => {
    const found = await islands()
    for (const [index, code] of found.slice(0, 40).entries()) {
      await openBorder(code, 'FRA')
      expect(await islands()).toHaveLength(86 - index - 1)
      expect(await countCharted()).toBe(250)
    }
  })

  test('a country surrounded by one neighbour is an island once that is gone', async () => {
    for (const code of ['ITA', 'ZAF', 'SEN']) await eraseCountry(code)
    expect(await islands()).toEqual(expect.arrayContaining(['SMR', 'VAT', 'LSO', 'GMB']))
    expect(await countCharted()).toBe(247)
  })
})
