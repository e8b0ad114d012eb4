/** `after` in the config: what is saved of a run's lanes, what the run says of it, and what of it opens elsewhere. */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Manifest } from '../../src/snapshots/manifest.ts'
import { long, longMatrix } from '../long.ts'
import { inOrder, redisClient, redisSpec, vitestConfig } from './files.ts'
import { openProject, type Project } from './project.ts'
import { type RunnerName, runners } from './runner.ts'
import { itemsIn, itemsTable, keptLanes, quickConfig, savedFolder, savedName, store } from './snapshot-files.ts'

const storing = (item: string) => `test('stores ${item}', async () => {${store(item)}})\n`
const fail = "test('fails', () => expect(1).toBe(2))\n"

interface Parts {
  readonly runner?: RunnerName
  readonly settings: string
  readonly test?: string
  readonly files: Readonly<Record<string, string>>
}

function open({ runner = 'vitest-5', settings, test = '', files }: Parts): Promise<Project> {
  return openProject(runner, {
    'isolane.config.ts': quickConfig(settings),
    'vitest.config.ts': vitestConfig(`${inOrder} ${test}`),
    'redis.ts': redisClient,
    ...itemsTable,
    ...files,
  })
}

const oneFails = {
  'a.test.ts': redisSpec(storing('a'), fail),
  'b.test.ts': redisSpec(storing('b')),
}

/** What lies in the project's own store, by name. */
function snapshotsOf({ stateFolder }: Project): string[] {
  const folder = join(stateFolder, 'snapshots')
  return existsSync(folder) ? readdirSync(folder).flatMap((project) => readdirSync(join(folder, project))) : []
}

function lanesIn(folder: string): Manifest['lanes'] {
  return (JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Manifest).lanes
}

describe("after: 'snapshot-on-failure'", () => {
  for (const { value: runner, why } of longMatrix(runners))
    test.skipIf(why)(`${runner}: a failed file's lane is saved, and the output says how to open it${why}`, async () => {
      await using project = await open({ runner, settings: "after: 'snapshot-on-failure'", files: oneFails })
      const { code, output } = await project.run()
      expect(code, output).toBe(1)
      const name = savedName(output)
      const ofTest = `saved after the run as this file leaves it: isolane snapshot restore ${name} --lane \\1\\n`
      expect(output).toMatch(new RegExp(`isolane: "fails" failed on (lane-\\d)\\n(.*\\n){2} {2}${ofTest}`))
      const ofRun = `has the lanes of test files that failed .*\\n {2}(lane-\\d): "fails"\\n {2}isolane snapshot restore ${name}\\n`
      const [, lane = ''] = new RegExp(ofRun).exec(output) ?? []
      expect(output).not.toContain(`./${name}`)
      expect(snapshotsOf(project)).toEqual([name])
      expect(lanesIn(savedFolder(output))).toMatchObject({ [lane]: { failedTest: 'fails' } })
      await project.expectNothingLeft()
    })

  test.skipIf(long)(`what it holds is opened elsewhere by one command${long}`, async () => {
    await using project = await open({ settings: "after: 'snapshot-on-failure'", files: oneFails })
    const { output } = await project.run()
    const name = savedName(output)

    await using elsewhere = await open({ settings: '', files: {} })
    cpSync(savedFolder(output), join(elsewhere.root, name), { recursive: true })
    const restored = await elsewhere.cli('snapshot', 'restore', `./${name}`)
    expect(restored, restored.output).toMatchObject({ code: 0 })
    const lanes = await keptLanes(elsewhere)
    expect(await Promise.all(lanes.map(itemsIn))).toEqual([['a']])
    await elsewhere.cli('down')
    await elsewhere.expectNothingLeft()
  })

  test.skipIf(long)(`a run in which nothing fails saves nothing, and says nothing${long}`, async () => {
    await using project = await open({
      settings: "after: 'snapshot-on-failure'",
      files: { 'a.test.ts': redisSpec(storing('a')) },
    })
    const { code, output } = await project.run()
    expect(code, output).toBe(0)
    expect(output).not.toContain('snapshot')
    expect(snapshotsOf(project)).toEqual([])
    await project.expectNothingLeft()
  })

  test.skipIf(long)(
    `beyond half of the lanes those are saved that nobody needs, which their tests say${long}`,
    async () => {
      await using project = await open({
        settings: "after: 'snapshot-on-failure', lanes: 2",
        files: { 'a.test.ts': redisSpec(storing('a'), fail), 'b.test.ts': redisSpec(storing('b'), fail) },
      })
      const { output } = await project.run()
      expect(output).toMatch(
        /not kept for the snapshot: 1 of at most 2 lanes are, and no more than half may be; more `lanes`/,
      )
      expect(output).toMatch(
        /saved after the run, unless another test file needs the lane before: isolane snapshot restore/,
      )
      expect(Object.keys(lanesIn(savedFolder(output)))).toHaveLength(2)
      await project.expectNothingLeft()
    },
  )

  test.skipIf(long)(`on a stack that is up no lane stays behind${long}`, async () => {
    await using project = await open({ settings: "after: 'snapshot-on-failure'", files: oneFails })
    expect(await project.cli('up')).toMatchObject({ code: 0 })
    const { output } = await project.run()
    expect(output).toContain('on the stack that is up')
    expect(Object.values(lanesIn(savedFolder(output)))).toMatchObject([{ failedTest: 'fails' }])
    expect(await keptLanes(project)).toEqual([])

    const restored = await project.cli('snapshot', 'restore', savedName(output))
    expect(restored, restored.output).toMatchObject({ code: 0 })
    expect(await Promise.all((await keptLanes(project)).map(itemsIn))).toEqual([['a']])
    await project.cli('down')
    await project.expectNothingLeft()
  })

  test.skipIf(long)(`with keep: 'failed' the lane stays, and is saved${long}`, async () => {
    await using project = await open({ settings: "after: 'snapshot-on-failure', keep: 'failed'", files: oneFails })
    const { output } = await project.run()
    expect(output).toMatch(
      /kept as this file leaves it: isolane open lane-1\n {2}saved after the run .* --lane lane-1\n/,
    )
    expect(Object.values(lanesIn(savedFolder(output)))).toMatchObject([{ failedTest: 'fails' }])
    expect(await Promise.all((await keptLanes(project)).map(itemsIn))).toEqual([['a']])
    await project.cli('down')
    await project.expectNothingLeft()
  })

  test.skipIf(long)(`a lane that a worker takes back is not saved${long}`, async () => {
    await using project = await open({
      settings: "after: 'snapshot-on-failure'",
      test: 'isolate: false,',
      files: oneFails,
    })
    const { code, output } = await project.run()
    expect(code).toBe(1)
    expect(output).toContain('is not kept after all')
    expect(snapshotsOf(project)).toEqual([])
    await project.expectNothingLeft()
  })

  test.skipIf(long)(`what can't be saved is a warning, and the run ends as it would${long}`, async () => {
    await using project = await open({ settings: '', files: { 'a.test.ts': redisSpec(storing('a')) } })
    project.write('taken', 'no folder')
    const env = { ISOLANE_AFTER: 'snapshot', ISOLANE_SNAPSHOT_DIR: 'taken' }
    const { code, output } = await project.run([], { env })
    expect(output).toMatch(/isolane snapshot: was not made: .*\[ISOLANE_SNAPSHOT_FAILED\]/)
    expect(code).toBe(0)
    await project.expectNothingLeft()
  })

  test.skipIf(long)(`a run that is killed leaves nothing but what gc removes${long}`, async () => {
    const stuck =
      "test('is stuck', { timeout: 120_000 }, async () => { console.log('is stuck now'); await new Promise(() => {}) })\n"
    for (const signal of ['SIGKILL', 'SIGINT'] as const) {
      await using project = await open({
        settings: "after: 'snapshot-on-failure'",
        files: { 'a.test.ts': redisSpec(storing('a'), fail, stuck) },
      })
      const vitest = project.start(['run'])
      await vitest.says(/is stuck now/)
      vitest.signal(signal)
      await vitest.ended
      await project.cli('gc', '--quiet')
      await project.expectNothingLeft()
      expect(snapshotsOf(project)).toEqual([])
    }
  })
})

describe("after: 'snapshot'", () => {
  test.skipIf(long)(
    `what the last file left is saved, by ISOLANE_AFTER, where ISOLANE_SNAPSHOT_DIR says${long}`,
    async () => {
      await using project = await open({
        settings: "after: 'teardown'",
        files: { 'a.test.ts': redisSpec(storing('a')), 'b.test.ts': redisSpec(storing('b')) },
      })
      const env = { ISOLANE_AFTER: 'snapshot', ISOLANE_SNAPSHOT_DIR: 'saved', CI: 'true' }
      const { code, output } = await project.run([], { env })
      expect(code, output).toBe(0)
      const name = savedName(output)
      expect(savedFolder(output)).toBe(join(project.root, 'saved', name))
      expect(output).toContain(`\n  isolane snapshot restore ./${name} `)
      await project.expectNothingLeft()

      const restored = await project.cli('snapshot', 'restore', `./saved/${name}`)
      expect(restored, restored.output).toMatchObject({ code: 0 })
      expect(await Promise.all((await keptLanes(project)).map(itemsIn))).toContainEqual(['b'])
      await project.cli('down')
      await project.expectNothingLeft()
    },
  )

  test.skipIf(long)(`each of two workers' lanes is saved${long}`, async () => {
    // Each waits for the other, so that both lanes are in use at once.
    const meet = (own: string, other: string) => `
import { existsSync, writeFileSync } from 'node:fs'
${redisSpec(`
test('stores ${own}', async () => {${store(own)}
  writeFileSync('${own}.there', '')
  await expect.poll(() => existsSync('${other}.there'), { timeout: 30_000 }).toBe(true)
}, 60_000)
`)}`
    await using project = await open({
      settings: "after: 'snapshot'",
      test: 'maxWorkers: 2, minWorkers: 2,',
      files: { 'a.test.ts': meet('a', 'b'), 'b.test.ts': meet('b', 'a') },
    })
    const { code, output } = await project.run()
    expect(code, output).toBe(0)
    expect(output).toMatch(/has the lanes as the last test files left them/)
    const restored = await project.cli('snapshot', 'restore', savedName(output))
    expect(restored, restored.output).toMatchObject({ code: 0 })
    expect((await Promise.all((await keptLanes(project)).map(itemsIn))).flat().sort()).toEqual(['a', 'b'])
    await project.cli('down')
    await project.expectNothingLeft()
  })

  const hasTerminals = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0

  for (const runner of runners)
    test.skipIf(long || !hasTerminals)(`${runner}: the end of watch mode is what is saved (Linux)${long}`, async () => {
      await using project = await open({
        runner,
        settings: "after: 'snapshot'",
        // Vitest would end the process before anything is saved, were it given no more time.
        test: 'teardownTimeout: 1,',
        files: { 'a.test.ts': redisSpec(storing('a')) },
      })
      const vitest = project.start(['--watch'], { terminal: true })
      await vitest.says(/Waiting for file changes/)
      project.write('a.test.ts', redisSpec(storing('later')))
      await vitest.says(/Waiting for file changes/, { from: vitest.output.length })
      expect(snapshotsOf(project)).toEqual([])
      vitest.type('q')
      await vitest.ended
      expect(vitest.output).toContain('has the lanes as the last test files left them')
      expect(snapshotsOf(project)).toHaveLength(1)
      await project.expectNothingLeft()
    })
})

test.skipIf(long)(`isolane exec saves the lane of a program that fails${long}`, async () => {
  await using project = await open({ settings: "after: 'snapshot-on-failure'", files: {} })
  const program = `
import { Redis } from 'ioredis'
const redis = new Redis(process.env.REDIS_URL)
const test = async (_name, run) => run()
${storing('from exec').replace('test(', 'await test(')}
redis.disconnect()
process.exit(Number(process.argv[2]))
`
  project.write('program.mjs', program)
  const passing = await project.cli('exec', '--', process.execPath, 'program.mjs', '0')
  expect(passing, passing.output).toMatchObject({ code: 0 })
  expect(snapshotsOf(project)).toEqual([])
  const { code, output } = await project.cli('exec', '--', process.execPath, 'program.mjs', '3')
  expect(code, output).toBe(3)
  expect(snapshotsOf(project)).toEqual([savedName(output)])
  await project.expectNothingLeft()
})
