import { describe, expect, test } from 'vitest'
import { Capacity } from '../../src/matrix/capacity.ts'
import { type Combination, combinationOf } from '../../src/matrix/combination.ts'
import { freeInPages, freeMemory } from '../../src/matrix/free-memory.ts'
import type { Outcome } from '../../src/matrix/outcome.ts'
import { schedule } from '../../src/matrix/schedule.ts'

const combinations = ['13', '14', '15', '16', '17', '18'].map((postgres) => combinationOf({ postgres }))
const gigabyte = 2 ** 30
const never = new AbortController().signal

function outcome({ name, versions }: Combination, status: Outcome['status']): Outcome {
  return { name, versions, status, milliseconds: 1, logFile: '' }
}

describe('the schedule', () => {
  test('runs as many at once as may, all of them, and tells them in their order', async () => {
    let [running, most] = [0, 0]
    const outcomes = await schedule(combinations, {
      capacity: new Capacity({ parallel: 3 }),
      signal: never,
      run: async (combination) => {
        running += 1
        most = Math.max(most, running)
        await new Promise((resolve) => setImmediate(resolve))
        running -= 1
        return outcome(combination, 'passed')
      },
    })
    expect(most).toBe(3)
    expect(outcomes).toEqual(combinations.map((combination) => outcome(combination, 'passed')))
  })

  test('with fail-fast stops those that run and begins no more; an error is a failure', async () => {
    const outcomes = await schedule(combinations, {
      capacity: new Capacity({ parallel: 2 }),
      failFast: true,
      signal: never,
      run: async (combination, signal) => {
        if (combination === combinations[1]) throw new Error('no room\nfor it')
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        return outcome(combination, 'stopped')
      },
    })
    const rest = combinations.slice(2).map(() => 'not started')
    expect(outcomes.map(({ status }) => status)).toEqual(['stopped', 'failed', ...rest])
    expect(outcomes[1]).toMatchObject({ failure: 'no room' })
  })
})

describe('capacity', () => {
  test('is as many as there are cores, or as was asked for', () => {
    const free = () => 100 * gigabyte
    const four = new Capacity({ cores: 4, free })
    expect([0, 1, 2, 3, 4].map((running) => four.hasRoom(running))).toEqual([true, true, true, true, false])
    const asked = new Capacity({ parallel: 9, cores: 1, free: () => 0 })
    expect([0, 8, 9].map((running) => asked.hasRoom(running))).toEqual([true, true, false])
  })

  test('is what free memory holds: by a guess first, then by the most that one has taken', () => {
    let free = 2.5 * gigabyte
    const capacity = new Capacity({ cores: 64, free: () => free })
    // One always may run, and a second is guessed to fit; the two may not have taken yet what they will.
    expect([0, 1, 2].map((running) => capacity.hasRoom(running))).toEqual([true, true, false])
    free -= 0.5 * gigabyte
    expect(capacity.hasRoom(2)).toBe(false)
    // One has ended: no guess any more, but a quarter of a gigabyte each.
    capacity.ended()
    expect([2, 9, 10].map((running) => capacity.hasRoom(running))).toEqual([true, true, false])
    // Somebody else has taken the rest.
    free = 0.2 * gigabyte
    expect(capacity.hasRoom(2)).toBe(false)
  })

  test('knows what is free', () => {
    expect(freeMemory()).toBeGreaterThan(0)
    const text = `Mach Virtual Memory Statistics: (page size of 16384 bytes)
Pages free:                               10000.
Pages active:                            200000.
Pages inactive:                           30000.
Pages speculative:                         2000.
Pages purgeable:                            500.
`
    expect(freeInPages(text)).toBe(16_384 * 42_500)
  })
})
