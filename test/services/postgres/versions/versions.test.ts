import { describe, expect, test } from 'vitest'
import type { EngineSpec } from '../../../../src/core/contracts.ts'
import { IsolaneError } from '../../../../src/core/errors.ts'
import { silent } from '../../../../src/core/report.ts'
import { type PostgresOptions, postgres } from '../../../../src/services/postgres/index.ts'
import { plainPlan } from '../../../../src/services/postgres/plain-plan.ts'
import { queries } from '../../../../src/services/postgres/queries.ts'
import { upgradePrograms } from '../../../../src/services/postgres/snapshots/upgrade-programs.ts'
import { versions } from '../../../../src/services/postgres/versions.ts'

const { signal } = new AbortController()
const context = { name: 'postgres', root: import.meta.dirname, maximumLanes: 4, report: silent, signal }

function imageOf(options: PostgresOptions): string | undefined {
  const credentials = { username: 'isolane_admin', password: 'a-secret' }
  return postgres(options).service.spec(options, { ...context, credentials }).container?.image
}

describe('versions', () => {
  test('are what the options say, and can be others', () => {
    expect(versions.of({})).toBe('17')
    expect(versions.of({ version: '15' })).toBe('15')
    const options: PostgresOptions = { version: '15', seed: 's.sql' }
    expect(versions.with(options, '18')).toEqual({ version: '18', seed: 's.sql' })
    expect(options.version).toBe('15')
  })

  test('of an image stand where it says so', () => {
    expect(imageOf({ image: 'pgvector/pgvector:pg{version}' })).toBe('pgvector/pgvector:pg17')
    const other = versions.with({ image: 'pgvector/pgvector:pg{version}', version: '16' }, '14')
    expect(imageOf(other)).toBe('pgvector/pgvector:pg14')
    expect(imageOf({ version: '13' })).toBe('postgres:13')
  })

  test.each<[PostgresOptions, string, string, RegExp]>([
    [{}, '12', 'ISOLANE_VERSION_UNSUPPORTED', /no version "12": choose from 13, 14, 15, 16, 17, 18/],
    [{}, '16.4', 'ISOLANE_VERSION_UNSUPPORTED', /no version "16.4"/],
    [
      { image: 'postgis/postgis:17-3.5' },
      '18',
      'ISOLANE_OPTION_INVALID',
      /postgis:17-3\.5 can't have another version.*: write it with \{version\}/,
    ],
    [
      { url: 'postgres://db/x' },
      '18',
      'ISOLANE_OPTION_INVALID',
      /given by its `url` can't have another version: leave `url` out/,
    ],
  ])('that can not be had are refused: %j to %s', (options, version, code, message) => {
    expect(() => versions.with(options, version)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    )
  })
})

describe('upgrades', () => {
  test('go the usual way first, and tell of each major version on it', () => {
    const [usual, other] = versions.upgrade('14', '16')
    expect([usual.name, other?.name]).toEqual(['dump and restore', 'pg_upgrade'])
    for (const { warnings } of [usual, other ?? usual]) {
      expect(warnings[0]).toMatch(/no way back/)
      const majors = warnings.flatMap((text) => /^from (\d+) on: /.exec(text)?.[1] ?? [])
      expect([...new Set(majors)]).toEqual(['15', '16'])
    }
    expect(usual.warnings.join()).toMatch(/passwords.*may create in the schema public/s)
    const statistics = (from: string, to: string) => versions.upgrade(from, to)[1]?.warnings.join() ?? ''
    expect(statistics('15', '17')).toContain('planner statistics')
    expect(statistics('15', '18')).not.toContain('planner statistics')
  })

  test.each([
    ['18', '15', /18 can't be upgraded to 15: data only go to newer major versions: 18 is the newest/],
    ['16', '16', /choose from 16→17, 16→18/],
    ['9.6', '18', /no PostgreSQL 9\.6 to begin with: .*what pg_dump 18 writes of an older one/],
    ['17', '19', /no PostgreSQL 19 to go to: choose from 13/],
  ])('%s→%s is refused, with the path that works', (from, to, message) => {
    expect(() => versions.upgrade(from, to)).toThrow(
      expect.objectContaining({ code: 'ISOLANE_UPGRADE_REFUSED', message: expect.stringMatching(message) }),
    )
  })

  test('by pg_upgrade are refused where a program is missing', async () => {
    const none = new IsolaneError({ code: 'ISOLANE_ENGINE_NOT_FOUND', message: 'none', remedy: 'none' })
    const asked: string[] = []
    const only = (folder: string, ...found: string[]) => ({
      ...context,
      programs: async ({ version, find }: EngineSpec) => {
        asked.push(`${version} ${find?.programs[0]}`)
        if (find && found.includes(`${version} ${find.programs[0]}`)) return folder
        throw none
      },
    })
    await expect(upgradePrograms(only('/nowhere'), 13, 18)).rejects.toThrow(
      /pg_upgrade from 13 to 18 can't be had here: no folder of this machine has all of PostgreSQL 13 .*install PostgreSQL 13 on this machine, or upgrade by `dump and restore`/,
    )
    await expect(upgradePrograms(only('/old', '15 pg_ctl'), 15, 17)).rejects.toMatchObject({
      code: 'ISOLANE_UPGRADE_REFUSED',
      message: expect.stringMatching(/all of PostgreSQL 17 \(pg_upgrade, .*vacuumdb\)/),
    })
    const both = await upgradePrograms(only('/both', '15 pg_ctl', '17 pg_upgrade'), 15, 17)
    expect(both).toEqual({ old: '/both', new: '/both' })
    expect(asked).toContain('17 pg_upgrade')
  })
})

describe('queries', () => {
  test('of a file are taken apart as psql does', () => {
    expect(queries.split(`-- all\nSELECT ';' ;\n\nSELECT $$a;b$$\n  AS x -- end\n`)).toEqual([
      `SELECT ';'`,
      'SELECT $$a;b$$\n  AS x -- end',
    ])
    expect(() => queries.split('SELECT 1;\n\\timing on\n')).toThrow(
      expect.objectContaining({ code: 'ISOLANE_OPTION_INVALID' }),
    )
  })

  test.each(['SET work_mem = 1000; SELECT 1', 'SELECT 1; commit', 'LOCK TABLE t', 'EXPLAIN SELECT 1'])(
    'are all that a file may hold, which %s is not',
    (text) => {
      expect(() => queries.split(text)).toThrow(
        expect.objectContaining({
          code: 'ISOLANE_OPTION_INVALID',
          message: expect.stringContaining('a statement that is none'),
        }),
      )
    },
  )

  test('may stand in parentheses, begin WITH something, or change data', () => {
    const text = '(SELECT 1) UNION (SELECT 2); with a as (select 1) table a; VALUES (1); Delete from t'
    expect(queries.split(text)).toHaveLength(4)
  })

  test('have plans that are worded as by the newest version', () => {
    const old = [
      'Result',
      '  InitPlan 1 (returns $0,$2)',
      '    ->  Limit',
      '  Filter: (a = $0) AND (b = $2) AND (c = $1)',
    ]
    const now = [
      'Result',
      '  InitPlan 1',
      '    ->  Limit',
      '  Filter: (a = (InitPlan 1).col1) AND (b = (InitPlan 1).col2) AND (c = $1)',
    ]
    expect(plainPlan(old)).toBe(now.join('\n'))
    expect(plainPlan(now)).toBe(now.join('\n'))
    expect(
      plainPlan(['WindowAgg', '  Window: w1 AS (ORDER BY id)', '  ->  Seq Scan on t', '        Disabled: true']),
    ).toBe('WindowAgg\n  ->  Seq Scan on t')
  })
})
