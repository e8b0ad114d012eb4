import { existsSync } from 'node:fs'
import { chmod, cp, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { describe, expect, test } from 'vitest'
import { failedTest } from '../../src/core/failed-test.ts'
import { HeldLane } from '../../src/core/held-lane.ts'
import type { Manifest } from '../../src/snapshots/manifest.ts'
import { long } from '../long.ts'
import { config } from './sandbox.ts'
import { SnapshotProject } from './snapshot-project.ts'

describe.skipIf(long)(`restore${long}`, () => {
  test('from an archive and from a folder, where no stack is up', async () => {
    await using project = new SnapshotProject()
    await project.cli(['up'])
    await project.save('before', 'Oslo', 'Rome')
    expect(await project.cli(['snapshot', 'export', 'before', './before.tar'])).toMatchObject({
      code: 0,
      stdout: 'Wrote ./before.tar\nBring it back with: isolane snapshot restore ./before.tar',
    })
    await cp(join(project.store, 'before'), join(project.root, 'artefact'), { recursive: true })
    await project.cli(['down'])
    await project.cli(['snapshot', 'remove', 'before', '--yes'])

    const first = await project.cli(['snapshot', 'restore', './before.tar'])
    expect(first).toMatchObject({
      code: 0,
      stdout: 'lane-1 of before is in lane-1 now, until `isolane down lane-1`. Look into it:\n  isolane open lane-1',
      stderr: expect.stringMatching(/isolane stack: brought up in the background$/),
    })
    expect(await project.open('lane-1')).toBe('Oslo Rome')
    expect((await project.cli(['snapshot', 'restore', './artefact'])).code).toBe(0)
    expect(await project.lanes()).toEqual({ 'lane-1': 'kept', 'lane-2': 'kept' })
    expect(await project.open('lane-2')).toBe('Oslo Rome')

    await project.cli(['down', 'lane-1'])
    expect((await project.cli(['down', 'lane-2'])).stdout).toContain('so the stack ends')
    await project.expectNothingLeft()
    expect(await readdir(join(project.stateFolder, 'unpacked'))).toEqual([])
  })

  test('of several lanes brings back all, or those that are named', async () => {
    await using project = new SnapshotProject()
    await project.cli(['up'])
    const [one, two] = [await project.keep('a test', 'Oslo'), await project.keep('another one', 'Rome')]
    await project.cli(['snapshot', 'create', 'both'])
    await project.cli(['down'])
    const both = await project.cli(['snapshot', 'restore', 'both'])
    expect(both.code).toBe(0)
    const lanes = [...both.stdout.matchAll(/^(lane-\d) of both is in (lane-\d) now/gm)].map(([, from, into]) => [
      from,
      into,
    ])
    expect(lanes.map(([from]) => from)).toEqual([one, two])
    expect(await Promise.all(lanes.map(([, into = '']) => project.open(into)))).toEqual(['Oslo', 'Rome'])
    await project.cli(['down'])
    const second = await project.cli(['snapshot', 'restore', 'both', '--lane', two])
    expect(second.stdout).toMatch(new RegExp(`^${two} of both`))
    expect(Object.values(await project.lanes())).toEqual(['kept'])
    await project.cli(['down'])
  })

  test('that does not come to its end gives the lanes back clean', async () => {
    await using project = new SnapshotProject()
    await project.cli(['up'])
    await project.save('both', 'Oslo')
    await project.cli(['down'])
    project.write(
      'isolane.config.ts',
      "import { defineStack, sqlite } from 'isolane'\nexport default defineStack({ services: { other: sqlite() } })\n",
    )
    expect(await project.cli(['snapshot', 'restore', 'both', '--lane', 'lane-1'])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('The snapshot has db (sqlite), which the stack has not'),
    })
    await project.expectNothingLeft()
  })

  test('may keep all the lanes that there are, and says before it loads that there are too few', async () => {
    await using project = new SnapshotProject(undefined, 'lanes: 2')
    await project.cli(['up'])
    const [one, two] = [await project.hold('Oslo'), await project.hold('Rome')]
    await project.cli(['snapshot', 'create', 'both'])
    one.release()
    two.release()
    await project.cli(['down'])
    const tooFew = (room: string, remedy: string) => ({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        new RegExp(
          `There is no room for the ${room}: raise \`lanes\` in isolane.config.ts, ${remedy}; nothing was changed`,
        ),
      ),
    })
    const env = { ISOLANE_LANES: '1' }
    expect(await project.cli(['snapshot', 'restore', 'both'], { env })).toMatchObject(
      tooFew('2 lanes of the snapshot both: of at most 1 lane 0 are kept', 'or restore fewer with --lane'),
    )
    await project.expectNothingLeft()
    expect(await project.cli(['snapshot', 'restore', 'both', '--lane', 'lane-2'], { env })).toMatchObject({ code: 0 })
    expect(await project.lanes()).toEqual({ 'lane-1': 'kept' })
    expect(await project.cli(['snapshot', 'restore', 'both', '--lane', 'lane-1'], { env })).toMatchObject(
      tooFew(
        '1 lane of the snapshot both: of at most 1 lane 1 is kept',
        'let go of some with `isolane down LANE`, or restore fewer with --lane',
      ),
    )
    await project.cli(['down'])
    expect(await project.cli(['snapshot', 'restore', 'both'])).toMatchObject({ code: 0, stderr: expect.any(String) })
    expect(await project.lanes()).toEqual({ 'lane-1': 'kept', 'lane-2': 'kept' })
    await project.cli(['down'])
  })

  test('says which services it leaves alone', async () => {
    await using project = new SnapshotProject()
    await project.cli(['up'])
    await project.save('before', 'Oslo')
    await project.cli(['down'])
    project.write(
      'isolane.config.ts',
      "import { defineStack, sqlite } from 'isolane'\nexport default defineStack({ services: { db: sqlite(), more: sqlite() } })\n",
    )
    const beside = await project.cli(['snapshot', 'restore', 'before'])
    const says = expect.stringMatching(/^isolane lane-1: more stays as it was: the snapshot has nothing of it$/m)
    expect(beside).toMatchObject({ code: 0, stderr: says })
    const over = await project.cli(['snapshot', 'restore', 'before', '--into', 'lane-1', '--yes'])
    expect(over).toMatchObject({ code: 0, stderr: says })
    await project.cli(['down'])
  })

  test.each(['SIGINT', 'SIGKILL'] as const)('that %s ends leaves nothing', async (signal) => {
    await using project = new SnapshotProject()
    await project.cli(['up'])
    await project.save('before', 'Oslo')
    await project.cli(['snapshot', 'export', 'before', './before.tar'])
    await project.cli(['down'])
    project.write(
      'isolane.config.ts',
      `import { writeFileSync } from 'node:fs'
import { defineStack, sqlite } from 'isolane'
const seed = async () => {
  writeFileSync('${project.root}/seeding', '')
  await new Promise(() => setInterval(() => {}, 999))
}
export default defineStack({ services: { db: sqlite({ seed }) } })
`,
    )
    const restoring = project.start(['snapshot', 'restore', './before.tar'])
    await expect.poll(() => existsSync(join(project.root, 'seeding'))).toBe(true)
    restoring.signal(signal)
    expect(await restoring.ended).toEqual(signal === 'SIGINT' ? { code: 130, signal: null } : { code: null, signal })
    // The next run does the same.
    if (signal === 'SIGKILL') await project.cli(['gc', '--yes'])
    await project.expectNothingLeft()
    expect(await readdir(join(project.stateFolder, 'unpacked'))).toEqual([])
  })

  test('into a lane that holds something asks first, saves that, and can be undone', async () => {
    await using project = new SnapshotProject()
    await project.cli(['up'])
    await project.save('before', 'Oslo')
    const lane = await project.keep('a test', 'Rome')
    const into = ['snapshot', 'restore', 'before', '--into', lane]

    expect(await project.cli(into)).toMatchObject({
      code: 5,
      stdout: '',
      stderr: 'Nothing was changed: there is no terminal to ask on; `--yes` does it without asking.',
    })
    const asked = project.start(into, { terminal: true })
    await asked.says(/Replace what is in lane-\d, which is kept for "a test", with lane-1 of before\?/)
    asked.type('n')
    expect((await asked.ended).code).toBe(5)
    expect(await project.open(lane)).toBe('Rome')
    expect(await readdir(project.store)).toEqual(['before'])

    const done = await project.cli([...into, '--yes'])
    expect(done).toMatchObject({ code: 0, stderr: '' })
    const [, undo = ''] = /isolane snapshot restore (\S+) --into/.exec(done.stdout) ?? []
    expect(await project.open(lane)).toBe('Oslo')
    expect((await project.cli(['snapshot', 'restore', undo, '--into', lane, '--yes'])).code).toBe(0)
    expect(await project.open(lane)).toBe('Rome')

    const left = await project.leave('tonight')
    expect((await project.cli(['snapshot', 'restore', 'before', '--into', left, '--yes'])).code).toBe(0)
    expect(await project.open(left)).toBe('Oslo')
    expect(await project.lanes()).toEqual({ [lane]: 'kept', [left]: 'kept' })
    expect((await project.cli(['status'])).stdout).toMatch(new RegExp(`^${left} +kept +"snapshot before" +file:`, 'm'))
    const held = await project.hold()
    expect(await project.cli(['snapshot', 'restore', 'before', '--into', held.lane.id.name, '--yes'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`--into: ${held.lane.id.name} is in use: choose from`),
    })
    held.release()
  })

  test('uses nothing of a snapshot that is damaged', async () => {
    await using project = new SnapshotProject()
    await project.cli(['up'])
    await project.save('good', 'Oslo')
    await project.save('bad', 'Rome')
    await project.cli(['down'])
    const { value } = await project.json(['snapshot', 'show', 'bad', '--json'])
    const [lane = ''] = Object.keys((value as Manifest).lanes)
    const file = join(project.store, 'bad', lane, 'db', 'database.zst')
    await chmod(file, 0o600)
    await writeFile(file, 'something else')

    const refused = {
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^isolane: .*database\.zst is damaged: .*\[ISOLANE_SNAPSHOT_DAMAGED\]$/),
    }
    expect(await project.cli(['snapshot', 'restore', 'bad'])).toMatchObject(refused)
    expect(await project.cli(['snapshot', 'verify', 'bad'])).toMatchObject(refused)
    const all = await project.cli(['snapshot', 'verify', '--all'])
    expect(all.code).toBe(1)
    expect(all.stdout).toMatch(/^bad: .* is damaged: .*\[ISOLANE_SNAPSHOT_DAMAGED\]$/m)
    expect(all.stdout).toMatch(/^good: good, [\d.]+ kB$/m)
    // Nobody can tell whether it is the newest.
    const unnamed = await project.cli(['snapshot', 'verify'])
    expect(unnamed).toMatchObject({ code: 1, stdout: all.stdout })
    await project.expectNothingLeft()

    await chmod(join(project.store, 'bad', 'manifest.json'), 0o600)
    await writeFile(join(project.store, 'bad', 'manifest.json'), '{}')
    expect((await project.cli(['snapshot', 'list'])).stdout).toMatch(/^bad +\d+ B +DAMAGED: /m)
    expect(await project.cli(['snapshot', 'remove', 'bad', '--yes'])).toMatchObject({ code: 0, stdout: 'Removed bad.' })
  })
})

test.skipIf(long)(`verify brings it back where asked to, and leaves nothing behind${long}`, async () => {
  await using project = new SnapshotProject()
  await project.cli(['up'])
  await project.save('before', 'Oslo', 'Rome')
  const tried = await project.cli(['snapshot', 'verify', 'before', '--test-restore'])
  expect(tried).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^before: good, [\d.]+ kB, and comes back as it was$/),
    stderr: '',
  })
  await expect.poll(async () => project.lanes()).toEqual({})
  await project.cli(['down'])
  expect((await project.cli(['snapshot', 'verify', '--test-restore', '--all'])).code).toBe(0)
  expect((await project.cli(['snapshot', 'verify', '--read-data'])).stdout).toMatch(/, and can be decompressed$/)
  await project.expectNothingLeft()
})

test.skipIf(long)(`keys that have expired since are no reason to call a snapshot bad${long}`, async () => {
  await using project = new SnapshotProject('cache: redis()')
  project.write('isolane.config.ts', config('cache: redis()'))
  await project.cli(['up'])
  const held = await project.hold()
  const redis = new Redis(held.lane.env.REDIS_URL ?? '')
  await redis.mset({ stays: '1', goes: '2' })
  await redis.pexpire('goes', 10_000)
  expect((await project.cli(['snapshot', 'create', 'before'])).stdout).toContain('string 2')
  await expect.poll(() => redis.exists('goes'), { timeout: 20_000 }).toBe(0)
  await redis.quit()
  held.release()
  const tried = await project.cli(['snapshot', 'verify', 'before', '--test-restore'])
  expect(tried).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/and comes back as it was$/) })
})

test.skipIf(long)(`a test that has failed says which command works here${long}`, async () => {
  await using project = new SnapshotProject()
  await project.cli(['up'])
  const says = async (root: string) => {
    const snapshot = { name: 'tonight', of: 'failed' } as const
    const held = await HeldLane.lease({ ...project.source, root, snapshot, keepFailed: true }, { what: 'a test' })
    const text = await failedTest(held, 'cities')
    await held.letGo()
    held.release()
    return text.replaceAll(held.lane.id.name, 'LANE')
  }
  const isolane = `isolane -C ${project.root}`
  expect(await says(project.root)).toMatch(
    new RegExp(`: ${isolane} open LANE\\n.*: ${isolane} snapshot restore tonight --lane LANE$`),
  )
  expect(await says(project.base)).toMatch(
    /: tonight; to restore it needs the stack in isolane\.config\.ts, not inline$/,
  )
})

test.skipIf(long)(`what an error quotes does not steer the terminal${long}`, async () => {
  await using project = new SnapshotProject()
  const { code, stderr } = await project.cli(['snapshot', 'restore', './a\u001b[2J\u0007.tar'])
  expect(code).toBe(1)
  expect(stderr).toContain('There is no snapshot at ./a\ufffd.tar')
})
