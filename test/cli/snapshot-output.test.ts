/** What snapshot commands make of what they have found. */
import { describe, expect, test } from 'vitest'
import { differenceOf } from '../../src/cli/snapshot/test-restore.ts'
import { harmless } from '../../src/core/harmless.ts'
import { table } from '../../src/core/table.ts'
import { leftAlone } from '../../src/snapshots/restore.ts'

test('what stands in a cell stays in its line, and steers nothing', () => {
  expect(table(['why'], [['one\ntwo\u001b[2J\u0007']])).toBe('why\none two\ufffd')
  expect(harmless('one\r\n\ttwo \u001b[31mred\u001b[39m\r')).toBe('one\n\ttwo red\ufffd')
})

test('of services that a snapshot leaves alone there is a line each', () => {
  const saved = {
    db: { kind: 'sqlite', template: '', files: [], state: stateOf({ city: 1 }) },
    graph: { kind: 'neo4j', unsupported: 'its files are elsewhere\n\u001b[2J' },
  }
  expect(leftAlone(['db', 'graph', 'queue'], saved)).toEqual([
    'graph stays as it was: it could not be saved (its files are elsewhere )',
    'queue stays as it was: the snapshot has nothing of it',
  ])
})

describe('a state that was brought back differs', () => {
  const saved = { kind: 'redis', state: stateOf({ string: 3, hash: 1 }, 2) }

  test('not by keys that have expired since', () => {
    expect(differenceOf(saved, stateOf({ string: 3, hash: 1 }, 2))).toBeUndefined()
    expect(differenceOf(saved, stateOf({ string: 1, hash: 1 }, 0))).toBeUndefined()
    expect(differenceOf(saved, stateOf({ string: 2 }, 0))).toBeUndefined()
  })

  test('by others that are missing, in another group too, and in other services', () => {
    expect(differenceOf(saved, stateOf({ string: 1, hash: 1 }, 2))).toBe('string has 1 instead of 3')
    expect(differenceOf(saved, stateOf({ string: 1, hash: 1 }, 1))).toBe('string has 1 instead of 3')
    expect(differenceOf(saved, stateOf({ string: 1, hash: 2 }, 1))).toBe('string has 1 instead of 3')
    const other = { ...stateOf({ string: 1, hash: 1 }, 0), digests: { hash: 'other' } }
    expect(differenceOf(saved, other)).toBe('what is in hash has changed')
    expect(differenceOf({ ...saved, kind: 'own' }, stateOf({ string: 1, hash: 1 }, 0))).toBe(
      'string has 1 instead of 3',
    )
  })
})

/** @param expiring how many of the keys have a time to live */
function stateOf(counts: Readonly<Record<string, number>>, expiring = 0) {
  const digests = Object.fromEntries(Object.entries(counts).map(([group, count]) => [group, `of ${count}`]))
  return { format: 'a', version: '1', schema: '', details: { expiring: String(expiring) }, counts, digests }
}
