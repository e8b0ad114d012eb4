import { expect, test } from 'vitest'
import { connect, laneId, open } from './fixture.ts'

test('two thousand lanes have two thousand numbers, and there is no next one', async () => {
  const lanes = 2000
  await using opened = await open({}, { maximumLanes: lanes })
  const made = await Promise.all(
    Array.from({ length: lanes }, (_, index) => opened.session.createLane(laneId(index + 1))),
  )
  const numbers = new Set(made.map(({ database }) => database))
  expect(numbers.size).toBe(lanes)
  expect(Math.min(...numbers)).toBeGreaterThan(2)

  const last = made.at(-1)
  if (!last) throw new Error('no lane')
  using client = connect(last)
  expect(await client.set('a', '1')).toBe('OK')

  await expect(opened.session.createLane(laneId(lanes + 1))).rejects.toMatchObject({
    code: 'ISOLANE_LANES_EXHAUSTED',
    message: expect.stringMatching(/`lanes`.*ISOLANE_LANES/),
  })
})
