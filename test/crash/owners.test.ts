import { expect, test } from 'vitest'
import { isIsolaneError } from '../../src/core/errors.ts'
import { long } from '../long.ts'
import { fixture, greenRun, lease, openPorts, openRun, sandboxOf, services } from './runs.ts'

const stack = [services.postgres, services.valkey]

test('a run whose main process is killed: its workers are told, and the next run is green', async () => {
  await using sandbox = sandboxOf(stack)
  const run = await openRun(sandbox)
  using leased = await lease(run)
  await run.program.kill()

  const error = await leased.client.request('reset', {}).catch((reason: unknown) => reason)
  expect(isIsolaneError(error, 'ISOLANE_LANE_LOST')).toBe(true)
  expect((error as Error).message).toMatch(
    /^The stack that leases lanes can not be reached: it has ended, or was killed/,
  )
  expect(await openPorts(run.services)).not.toEqual([])

  expect(await greenRun(sandbox)).toContain('removed what an earlier run left')
  expect(await openPorts(run.services)).toEqual([])
  await sandbox.expectNothingLeft()
})

test.skipIf(long)(`a killed \`isolane up\` is not up any more, and can be brought up again${long}`, async () => {
  await using sandbox = sandboxOf(stack)
  const up = sandbox.start(['up', '--foreground'])
  await expect.poll(async () => (await sandbox.cli(['status'])).code, { timeout: 20_000 }).toBe(0)
  await up.kill()
  expect(await sandbox.cli(['status'])).toMatchObject({ code: 3 })
  expect(await sandbox.cli(['exec', '--', 'true'])).toMatchObject({ code: 0 })
  expect(await sandbox.cli(['up'])).toMatchObject({ code: 0 })
  expect(await sandbox.cli(['down'])).toMatchObject({ code: 0 })
  await sandbox.expectNothingLeft()
})

/** Milliseconds after which a run is killed: while it looks for engines, starts servers, migrates, clones, resets. */
const killPoints = [30, 120, 250, 400, 500, 600, 700, 800, 900, 1100, 1300, 1600]

test.skipIf(long)(`runs killed at any moment leave nothing that the next one does not remove${long}`, async () => {
  await using sandbox = sandboxOf(stack)
  await greenRun(sandbox)
  for (const point of killPoints) {
    const run = sandbox.script(fixture('use-lanes.ts'))
    await run.says(/opening/)
    await Promise.race([run.ended, new Promise((resolve) => setTimeout(resolve, point * Math.random() * 1.5))])
    await run.kill()
    expect(run.output).not.toMatch(/Error|ISOLANE_/)
  }
  await sandbox.cli(['gc', '--yes'])
  await sandbox.expectNothingLeft()
  await greenRun(sandbox)
})

test.skipIf(long)(`a run killed while it resets lanes leaves clean ones to the next${long}`, async () => {
  await using sandbox = sandboxOf(stack)
  for (let round = 0; round < 3; round += 1) {
    const run = sandbox.script(fixture('use-lanes.ts'))
    await run.says(/working/)
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 50))
    await run.kill()
    await greenRun(sandbox)
  }
  await sandbox.expectNothingLeft()
})
