import { describe, expect, test } from 'vitest'
import type { StackConfig } from '../../src/core/config.ts'
import { resolveConfig } from '../../src/core/config-check.ts'
import { neo4j, postgres, redis, sqlite } from '../../src/index.ts'
import { parseEdge, parseEdges } from '../../src/upgrade/edges.ts'
import { planUpgrade } from '../../src/upgrade/plan.ts'
import { compareTests } from '../../src/upgrade/suite.ts'

const config = resolve({
  services: { orders: postgres({ version: '15' }), stock: postgres(), redis: redis(), neo4j: neo4j(), file: sqlite() },
})

function resolve(given: StackConfig) {
  return resolveConfig(given, import.meta.dirname, {})
}

const plan = (given: Readonly<Record<string, string>>, way?: string) =>
  planUpgrade(config, parseEdges(config, given), way)

test.each(['15→18', '15->18', '15..18', '15:18', ' 15 → 18 '])('%s is from 15 to 18', (text) => {
  expect(parseEdge(text, '--postgres')).toEqual({ from: '15', to: '18' })
})

test.each(['', '15', '15→', '→18', '15→16→18', '15-18'])('%j says not from where to where', (text) => {
  expect(() => parseEdge(text, '--postgres')).toThrow(
    expect.objectContaining({ code: 'ISOLANE_OPTION_INVALID', message: expect.stringContaining('--postgres') }),
  )
})

test('versions of Redis and Valkey keep their names', () => {
  expect(parseEdge('7→valkey@9', '--redis')).toEqual({ from: '7', to: 'valkey@9' })
})

test('a kind means all services of it, and a name counts for more', () => {
  const { upgrades, before, after } = plan({ orders: '13→14', postgres: '16→18', redis: '7→valkey@9' })
  expect(upgrades.map(({ service, from, to }) => `${service} ${from} ${to}`).sort()).toEqual([
    'orders 13 14',
    'redis 7 valkey@9',
    'stock 16 18',
  ])
  expect([before.services.orders?.options.version, after.services.orders?.options.version]).toEqual(['13', '14'])
  expect(before.services.neo4j).toEqual(after.services.neo4j)
  expect(before.name).not.toBe(after.name)
})

describe('before anything starts', () => {
  test.each([
    [{ postgres: '18→15' }, 'ISOLANE_UPGRADE_REFUSED'],
    [{ postgres: '9→15' }, 'ISOLANE_UPGRADE_REFUSED'],
    [{ neo4j: '4.4→2026' }, 'ISOLANE_UPGRADE_REFUSED'],
    [{ redis: 'valkey@9→7' }, 'ISOLANE_UPGRADE_REFUSED'],
    [{ redis: 'redis@7→7' }, 'ISOLANE_OPTION_INVALID'],
    [{ orders: '15→15' }, 'ISOLANE_OPTION_INVALID'],
    [{ file: '1→2' }, 'ISOLANE_OPTION_INVALID'],
    [{ mysql: '8→9' }, 'ISOLANE_OPTION_INVALID'],
    [{}, 'ISOLANE_OPTION_INVALID'],
  ] satisfies readonly (readonly [Record<string, string>, string])[])('%o is refused with %s', (given, code) => {
    expect(() => plan(given)).toThrow(expect.objectContaining({ code }))
  })

  test('a server that runs already is refused', () => {
    const attached = resolve({ services: { postgres: postgres() }, runtime: 'attach' })
    const edges = parseEdges(attached, { postgres: '15→18' })
    expect(() => planUpgrade(attached, edges)).toThrow(expect.objectContaining({ code: 'ISOLANE_OPTION_INVALID' }))
  })

  test('a way that no engine has is refused; one that some have is taken by those', () => {
    expect(() => plan({ postgres: '15→18' }, 'prayer')).toThrow(
      expect.objectContaining({ code: 'ISOLANE_OPTION_INVALID' }),
    )
    const { upgrades } = plan({ orders: '15→18', redis: '7→valkey@9' }, 'pg_upgrade')
    expect(upgrades.map(({ way }) => way.name)).toEqual(['pg_upgrade', 'RDB'])
  })
})

test('tests of both sides are told apart by file and name', () => {
  const result = (file: string, name: string, status: 'passed' | 'failed' | 'skipped') =>
    ({ file, name, status, milliseconds: 1 }) as const
  const before = [
    result('a', 'breaks', 'passed'),
    result('b', 'breaks', 'failed'),
    result('a', 'mends', 'failed'),
    result('a', 'goes', 'passed'),
    result('a', 'sleeps', 'passed'),
  ]
  const after = [
    result('a', 'breaks', 'failed'),
    result('b', 'breaks', 'failed'),
    result('a', 'mends', 'passed'),
    result('a', 'sleeps', 'skipped'),
    result('a', 'new', 'failed'),
  ]
  const { broken, failing, mended, missing } = compareTests(before, after)
  const names = [broken, failing, mended, missing].map((tests) => tests.map(({ file, name }) => `${file} ${name}`))
  expect(names).toEqual([['a breaks', 'a new'], ['b breaks'], ['a mends'], ['a goes', 'a sleeps']])
  expect(compareTests(undefined, after)).toMatchObject({ broken: [], failing: [], missing: [] })
})
