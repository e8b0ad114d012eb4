import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { identify, isAlive, type ProcessIdentity } from '../../../src/core/process-identity.ts'
import { silent } from '../../../src/core/report.ts'
import { RuntimeSet } from '../../../src/core/runtime-choice.ts'
import { sweepDeadRuns } from '../../../src/core/sweep.ts'
import { connect, Ground, laneId, open } from './fixture.ts'
import { LineProgram } from './program.ts'

test('a killed run’s files are swept, its helper process ends by itself, and nothing was said on its terminal', async () => {
  using ground = new Ground()
  ground.write('schema.sql', 'CREATE TABLE item (id INTEGER PRIMARY KEY)')
  await using owner = new LineProgram('own-lane.ts', [ground.root])
  const file = new URL(await owner.line()).pathname
  const helpers = childrenOf(owner.child.pid ?? 0)
  expect(helpers).toHaveLength(1)
  const runtimes = new RuntimeSet({}, { run: ground.run, cacheFolder: ground.root, report: silent })
  expect(await sweepDeadRuns(ground.root, runtimes)).toEqual([])
  expect(existsSync(file)).toBe(true)

  await owner.kill()
  await expect.poll(() => helpers.filter(isAlive)).toEqual([])
  const swept = await sweepDeadRuns(ground.root, runtimes)
  expect(swept).toEqual([expect.objectContaining({ kind: 'folder', removed: true })])
  expect(existsSync(file)).toBe(false)
  expect(owner.errors).toBe('')
})

test('a helper process that is killed fails what it was at, and the next reset has a new one', async () => {
  using ground = new Ground()
  await using opened = await open(ground, {})
  const id = laneId(1)
  const lane = await opened.session.createLane(id)
  using database = connect(lane)
  database.exec('BEGIN IMMEDIATE')
  const reset = opened.session.resetLane(id, { connections: 'keep' })
  const lost = expect(reset).rejects.toMatchObject({
    code: 'ISOLANE_INSTANCE_ENDED',
    message: expect.stringContaining('ended (SIGKILL)'),
  })
  for (const { pid } of childrenOf(process.pid)) process.kill(pid, 'SIGKILL')
  await lost
  database.exec('COMMIT')
  await opened.session.resetLane(id, { connections: 'keep' })
})

function childrenOf(parent: number): ProcessIdentity[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n')
  return lines.flatMap((line) => {
    const [pid = 0, ppid] = line.trim().split(/\s+/).map(Number)
    return ppid === parent ? (identify(pid) ?? []) : []
  })
}
