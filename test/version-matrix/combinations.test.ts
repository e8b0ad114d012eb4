import { describe, expect, test } from 'vitest'
import type { Matrix, StackConfig } from '../../src/core/config.ts'
import { resolveConfig } from '../../src/core/config-check.ts'
import { defineStack, neo4j, postgres, redis, sqlite } from '../../src/index.ts'
import { combinationEnvironment, combinationOf } from '../../src/matrix/combination.ts'
import { combinationsOf, withLists } from '../../src/matrix/combinations.ts'
import { pairwise } from '../../src/matrix/pairwise.ts'

const services = { postgres: postgres({ version: '17' }), redis: redis(), neo4j: neo4j(), notes: sqlite() }
const config = configWith({})

function configWith(matrix: Matrix) {
  return resolveConfig(defineStack({ services, matrix } as StackConfig), '/project', {})
}

function namesOf(matrix: object, options = {}): string[] {
  return combinationsOf(config, matrix as Matrix, options).map(({ name }) => name)
}

describe('combinations', () => {
  test('are each version with each of the others, in a fixed order, and none twice', () => {
    const matrix = { postgres: ['15', '16', '15'], redis: ['7', 'valkey@9'] }
    expect(namesOf(matrix)).toEqual([
      'postgres 15, redis 7',
      'postgres 15, redis valkey@9',
      'postgres 16, redis 7',
      'postgres 16, redis valkey@9',
    ])
    expect(namesOf({ redis: ['valkey', 'valkey@9'] })).toEqual(['redis valkey'])
  })

  test('are excluded by all that is named, as the services understand it, and others included', () => {
    const matrix = { postgres: ['15', '16'], redis: ['7', 'valkey@9'] }
    expect(namesOf({ ...matrix, exclude: [{ postgres: '15', redis: 'valkey' }] })).not.toContain(
      'postgres 15, redis valkey@9',
    )
    expect(namesOf({ ...matrix, exclude: [{ postgres: '15' }], include: [{ postgres: '13' }] })).toEqual([
      'postgres 16, redis 7',
      'postgres 16, redis valkey@9',
      'postgres 13',
    ])
  })

  test('that there are not are said before anything starts', () => {
    const refused = (matrix: object) => () => namesOf(matrix)
    expect(refused({})).toThrow('The matrix has no combinations')
    expect(refused({ postgres: ['15'], exclude: [{ postgres: '15' }] })).toThrow('The matrix has no combinations')
    expect(refused({ postgres: ['15', '12'] })).toThrow(/no version "12".*\[ISOLANE_VERSION_UNSUPPORTED\]/)
    expect(refused({ postgres: ['15'], include: [{ postgres: '9' }] })).toThrow(/no version "9"/)
    expect(refused({ postgre: ['15'] })).toThrow('did you mean "postgres"')
    expect(refused({ notes: ['3'] })).toThrow('notes has no versions to choose from')
  })

  test("lists given by hand replace the config's for the services they name", () => {
    const own = configWith({
      postgres: ['13', '14'],
      redis: ['7'],
      include: [{ postgres: '18' }, { redis: '6.2' }],
      exclude: [{ neo4j: '5.26' }],
    } as object as Matrix)
    const other = withLists(own, { redis: ['7'], postgres: ['16'] })
    expect(Object.keys(other)).toEqual(['postgres', 'redis', 'include', 'exclude'])
    expect(withLists(own, { postgres: ['16'] })).toEqual({
      postgres: ['16'],
      redis: ['7'],
      include: [{ redis: '6.2' }],
      exclude: [{ neo4j: '5.26' }],
    })
    expect(withLists(own, {})).toEqual({ ...own.matrix })
  })

  test("a kind's list counts for those of its services that are not named by hand", () => {
    const lists = { postgres: ['15', '16'], include: [{ postgres: '13' }] }
    const two = { orders: postgres(), stock: postgres() }
    const own = resolveConfig({ services: two, matrix: lists } as unknown as StackConfig, '/project', {})
    const matrix = withLists(own, { orders: ['18'] })
    expect(combinationsOf(own, matrix).map(({ name }) => name)).toEqual([
      'orders 18, postgres 15',
      'orders 18, postgres 16',
    ])
    expect(withLists(own, { orders: ['18'], stock: ['17'] })).toEqual({
      orders: ['18'],
      stock: ['17'],
      include: [],
      exclude: [],
    })
  })

  test('an entry that names nothing is refused, as it would exclude everything', () => {
    for (const entries of [{ exclude: [{}] }, { include: [{}] }]) {
      expect(() => configWith({ postgres: ['15'], ...entries } as object as Matrix)).toThrow(
        'Expected the version of a service',
      )
    }
  })

  test('leave no stack up; a lane of a failed test is left where that was asked for', () => {
    const keepIn = (keep: 'stack' | 'failed', environment: NodeJS.ProcessEnv) =>
      resolveConfig(defineStack({ services, keep } as StackConfig), '/project', environment).keep
    const environment = { ISOLANE_COMBINATION: 'postgres-16' }
    expect([keepIn('stack', environment), keepIn('failed', environment), keepIn('stack', {})]).toEqual([
      'nothing',
      'failed',
      'stack',
    ])
  })

  test('make a command run on them, and tell it which one that is', () => {
    const combination = combinationOf({ postgres: '16', redis: 'valkey@9' })
    expect(combination).toMatchObject({ name: 'postgres 16, redis valkey@9', slug: 'postgres-16-redis-valkey-9' })
    expect(combinationEnvironment(combination, { neo4j: '2026', redis: '7' })).toEqual({
      ISOLANE_VERSIONS: 'neo4j=2026,postgres=16,redis=valkey@9',
      ISOLANE_COMBINATION: 'postgres-16-redis-valkey-9',
    })
    expect(combinationOf({ redis: 'valkey@9', postgres: '16' })).toEqual(combination)
    const long = combinationOf(Object.fromEntries(services26().map((name) => [name, '16'])))
    expect(long.slug).toHaveLength(80)
  })
})

describe('pairwise', () => {
  // Of every shape up to three axes with up to four values, with and without some that are left out.
  const shapes = [1, 2, 3].flatMap((axes) => shapesOf(axes))

  test('every two values that may meet do, in no more combinations than there are', () => {
    expect(shapes).toHaveLength(4 + 16 + 64)
    for (const [number, shape] of shapes.entries()) {
      const all = product(shape)
      for (const some of [all, all.filter((_, index) => (index * 7 + number) % 5 !== 0)]) {
        const chosen = pairwise(some).map((index) => some[index] ?? [])
        expect(pairs(chosen), shape.join('×')).toEqual(pairs(some))
        expect(chosen.length).toBeLessThanOrEqual(some.length)
        expect(chosen).toEqual(pairwise(some).map((index) => some[index] ?? []))
      }
    }
  })

  test('takes few: of 36 combinations of three services those 18 that two of them make anyway', () => {
    const matrix = {
      postgres: ['13', '14', '15', '16', '17', '18'],
      redis: ['6.2', '7', 'valkey@9'],
      neo4j: ['5.26', '2026.09'],
    }
    expect(namesOf(matrix)).toHaveLength(36)
    expect(namesOf(matrix, { pairwise: true })).toHaveLength(18)
    const excluded = { postgres: '13', neo4j: '2026.09' }
    const names = namesOf({ ...matrix, exclude: [excluded] }, { pairwise: true })
    expect(names.filter((name) => name.includes('postgres 13') && name.includes('neo4j 2026.09'))).toEqual([])
  })
})

function services26(): string[] {
  return Array.from({ length: 26 }, (_, index) => `service-${String.fromCharCode(97 + index)}`)
}

function shapesOf(axes: number): number[][] {
  if (axes === 0) return [[]]
  return shapesOf(axes - 1).flatMap((shape) => [1, 2, 3, 4].map((values) => [...shape, values]))
}

function product(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (before, values) => before.flatMap((each) => Array.from({ length: values }, (_, value) => [...each, value])),
    [[]],
  )
}

/** Every value too, for a single axis. */
function pairs(combinations: readonly (readonly number[])[]): Set<string> {
  return new Set(
    combinations.flatMap((values) =>
      values.flatMap((value, axis) =>
        values.slice(axis).map((other, next) => `${axis}:${value} ${axis + next}:${other}`),
      ),
    ),
  )
}
