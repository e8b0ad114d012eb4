/** `isolane upgrade` ended in each of its phases: what it leaves behind goes, and nothing of the user's does. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { long } from '../long.ts'
import type { Program } from '../vitest/program.ts'
import { UpgradeProject } from './upgrade-project.ts'

const step = `import { appendFileSync, readFileSync } from 'node:fs'
export async function step() {
  appendFileSync(process.env.STEPS, 'x')
  if (readFileSync(process.env.STEPS, 'utf8').length === Number(process.env.HANG_AT)) {
    await new Promise((resolve) => setTimeout(resolve, 600_000))
  }
}
`
const files = {
  'step.ts': step,
  'isolane.config.ts': `import { defineStack, postgres } from 'isolane'
    import pg from 'pg'
    import { step } from './step.ts'
    const migrations = async ({ lane }) => {
      const client = new pg.Client(lane.url)
      await client.connect()
      await client.query('CREATE TABLE IF NOT EXISTS city (name text)')
      await client.end()
      await step()
    }
    export default defineStack({ services: { postgres: postgres({ migrations }) } })`,
  'a.test.ts': `import { test } from 'vitest'
    import { step } from './step.ts'
    test('takes its time', () => step(), 600_000)`,
}

/** Which step of the config's function or the suite is under way, in the order of a rehearsal. */
const phases = ['the old side is filled', 'the new side is migrated', 'it is tried from nothing', 'the suite runs']

describe.skipIf(long)(`a rehearsal that is ended${long}`, { timeout: 120_000 }, () => {
  const project = new UpgradeProject(files)
  afterAll(() => project[Symbol.asyncDispose]())

  async function hangingAt(phase: number): Promise<Program> {
    const steps = join(project.base, `steps-${phase}-${Math.random()}`)
    const env = { STEPS: steps, HANG_AT: String(phase) }
    const program = project.start(['upgrade', '--postgres', '16→17', '--', 'npx', 'vitest', 'run'], { env })
    const read = () => (existsSync(steps) ? readFileSync(steps, 'utf8').length : 0)
    await expect.poll(read, { timeout: 60_000 }).toBeGreaterThanOrEqual(phase)
    return program
  }

  test.each(phases.map((phase, index) => [phase, index + 1] as const))(
    'by SIGKILL while %s is cleared away by the next run',
    async (_, phase) => {
      const program = await hangingAt(phase)
      expect(project.leftovers.processes()).not.toEqual([])
      await program.kill()
      expect((await project.cli(['gc', '--quiet'])).code).toBe(0)
      await project.expectNothingLeft()
      expect(project.snapshots).toEqual([])
    },
  )

  test('by Ctrl-C clears up after itself', async () => {
    const program = await hangingAt(2)
    program.signal('SIGINT')
    expect(await program.ended).toEqual({ code: 130, signal: null })
    await project.expectNothingLeft()
    expect(project.snapshots).toEqual([])
  })
})
