import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Manifest } from '../../src/snapshots/manifest.ts'
import { long } from '../long.ts'
import { change, SnapshotProject, sqliteConfig } from './snapshot-project.ts'

test('a lane is saved, and comes back into another one', async () => {
  await using project = new SnapshotProject()
  await project.cli(['up'])
  const saved = await project.save('before', 'Oslo', 'Rome')
  expect(saved).toMatchObject({ code: 0, stderr: '' })
  expect(saved.stdout).toMatch(
    /^Saved before, [\d.]+ kB\nlane {4}service {2}is +size +holds\nlane-1 {2}db {7}sqlite \S+ +\d+ B +city 2\nBring it back with: isolane snapshot restore before$/,
  )
  const restored = await project.cli(['snapshot', 'restore', 'before'])
  expect(restored).toMatchObject({ code: 0, stderr: '' })
  const [, lane = ''] = /^lane-1 of before is in (lane-\d) now, until `isolane down \1`/.exec(restored.stdout) ?? []
  expect(restored.stdout).toContain(`\n  isolane open ${lane}`)
  expect(await project.lanes()).toEqual({ [lane]: 'kept' })
  expect(await project.open(lane)).toBe('Oslo Rome')
})

test.skipIf(long)(`lists what there is, shows what is in it, and what has changed${long}`, async () => {
  await using project = new SnapshotProject()
  const empty = await project.cli(['snapshot', 'list'])
  expect(empty).toMatchObject({ code: 0, stdout: expect.stringMatching(/^There are no snapshots in \//), stderr: '' })
  await project.cli(['up'])
  await project.save('one', 'Oslo', 'Rome', 'Bern')
  const held = await project.hold('Oslo', 'Rome', 'Vienna', 'Paris')
  change(held, "UPDATE city SET people = 2 WHERE name = 'Oslo'")
  await held.keep('cities > are unique')
  const second = await project.cli(['snapshot'])
  const [, name = ''] = /^Saved (\d{8}-\d{6}-[0-9a-f]{4}), /.exec(second.stdout) ?? []
  expect(name).not.toBe('')

  const list = await project.cli(['snapshot', 'list'])
  expect(list.stdout.split('\n')).toEqual([
    expect.stringMatching(/^snapshot +age +size +lanes +why$/),
    expect.stringMatching(new RegExp(`^${name} +(just now|1 minute) +[\\d.]+ kB +lane-\\d +by hand$`)),
    expect.stringMatching(/^one +(just now|1 minute) +[\d.]+ kB +lane-1 +by hand$/),
    '',
    `They are in ${project.store}`,
  ])
  const manifest = JSON.parse(readFileSync(join(project.store, name, 'manifest.json'), 'utf8')) as Manifest
  const { createdAt, reason } = manifest
  const lanes = [held.lane.id.name]
  expect(await project.json(['snapshot', 'list', '--json'])).toEqual({
    code: 0,
    value: {
      folder: project.store,
      snapshots: [
        { name, folder: join(project.store, name), bytes: expect.any(Number), createdAt, named: false, reason, lanes },
        expect.objectContaining({ name: 'one', named: true, lanes: ['lane-1'] }),
      ],
    },
  })

  expect((await project.cli(['snapshot', 'show', name])).stdout).toMatch(
    new RegExp(
      `^${name} \\(automatic name\\): .*\\n {2}of the stack default, by isolane .*\\n {2}why: by hand\\n {2}in /.*\\n\\n` +
        `${lanes[0]}, kept for "cities > are unique"\\n {2}db: sqlite .* as sqlite\\n {4}city {2}4\\n\\n` +
        `Bring it back with: isolane snapshot restore ${name}$`,
    ),
  )
  expect(await project.json(['snapshot', 'show', name, '--json'])).toEqual({ code: 0, value: manifest })

  expect(await project.cli(['snapshot', 'diff', 'one', name])).toMatchObject({
    code: 6,
    stdout: expect.stringMatching(/^lane-\d.* db \(sqlite\)\n {2}city {2}3 → 4 {2}\+2 {2}−1 {2}~1$/),
    stderr: '',
  })
  expect(await project.json(['snapshot', 'diff', 'one', name, '--json'])).toMatchObject({
    code: 6,
    value: {
      before: 'one',
      after: name,
      versions: {},
      services: [
        { service: 'db', changes: [{ group: 'city', before: 3, after: 4, added: 2, removed: 1, changed: 1 }] },
      ],
    },
  })
  const same = await project.cli(['snapshot', 'diff', 'one', join(project.store, 'one')])
  expect(same).toMatchObject({ code: 0, stdout: 'Nothing has changed.' })
  held.release()
})

test.skipIf(long)(`status shows the lanes that were left, and for which snapshot${long}`, async () => {
  await using project = new SnapshotProject()
  await project.cli(['up'])
  const lane = await project.leave('tonight')
  expect((await project.cli(['status'])).stdout).toMatch(new RegExp(`^${lane} +left +snapshot tonight +file:`, 'm'))
  expect(await project.open(lane)).toBe('')
  const saved = await project.cli(['snapshot', 'create', 'tonight'])
  expect(saved).toMatchObject({ code: 0, stdout: expect.stringContaining(`\n${lane} `) })
})

describe.skipIf(long)(`each says why it can't, and exits with 1${long}`, () => {
  async function says(project: SnapshotProject, args: readonly string[], ...words: readonly string[]): Promise<void> {
    const result = await project.cli(['snapshot', ...args])
    for (const word of words) expect(result.stderr.split('\n')[0]).toContain(word)
    expect(result).toMatchObject({ code: 1, stdout: '' })
  }

  test('where there is nothing, and without a stack with 3', async () => {
    await using project = new SnapshotProject()
    expect(await project.cli(['snapshot'])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('No stack is up'),
    })
    await says(project, ['verify'], 'There is no snapshot in', '[ISOLANE_SNAPSHOT_NOT_FOUND]')
    await says(project, ['restore'], 'There is no snapshot in', '[ISOLANE_SNAPSHOT_NOT_FOUND]')
    await project.cli(['up'])
    await says(project, [], 'There is no lane to save', '[ISOLANE_SNAPSHOT_FAILED]')
    await says(project, ['--lane', 'lane-9'], 'There is no leased or kept lane "lane-9"')
    await says(project, ['create', '../two'], 'can\'t be named "../two"', '[ISOLANE_OPTION_INVALID]')
    await says(project, ['lst'], 'There is no `isolane snapshot lst`; did you mean `isolane snapshot list`')
  })

  test('where a name is another one', async () => {
    await using project = new SnapshotProject()
    await project.cli(['up'])
    await project.save('one')
    await says(project, ['create', 'one', '--lane', 'lane-9'], '[ISOLANE_SNAPSHOT_EXISTS]')
    for (const command of ['show', 'restore', 'remove']) {
      await says(project, [command, 'onee'], 'There is no snapshot "onee"', '[ISOLANE_SNAPSHOT_NOT_FOUND]')
    }
    await says(project, ['restore'], 'no terminal to ask on', 'name one: one', '[ISOLANE_OPTION_INVALID]')
    await says(project, ['restore', './no.tar'], 'There is no snapshot at ./no.tar', '[ISOLANE_SNAPSHOT_NOT_FOUND]')
    await says(project, ['restore', 'one', '--lane', 'lane-7'], 'has no lane "lane-7": choose from lane-1')
    await says(project, ['restore', 'one', '--into', 'lane-1'], '--into: lane-1 is neither kept nor left')
    await says(project, ['export', 'one', './one.zip'], './one.zip does not end with .tar')
  })
})

test.skipIf(long)(`a line that is not understood exits with 2${long}`, async () => {
  await using project = new SnapshotProject()
  const lines = [
    { line: ['verify', '--all', 'one'], says: '--all and the name of a snapshot exclude each other' },
    { line: ['prune', '--max-size', 'much'], says: 'It must be a size such as 500MB or 2GB' },
    { line: ['prune', '--keep', '0'], says: 'It must be a whole number above 0' },
    { line: ['diff', 'one'], says: "missing required argument 'after'" },
  ]
  for (const { line, says } of lines) {
    const { code, stderr } = await project.cli(['snapshot', ...line])
    expect(code).toBe(2)
    expect(stderr).toContain(says)
  }
})

test.skipIf(long)(`on a terminal it asks which one${long}`, async () => {
  await using project = new SnapshotProject()
  await project.cli(['up'])
  await project.save('one', 'Oslo')
  await project.save('two', 'Rome')

  const left = project.start(['snapshot', 'restore'], { terminal: true })
  await left.says(/Which snapshot\?[\s\S]*two +\S.* kB +lane-\d +by hand[\s\S]*one +\S/)
  left.type('\u0003')
  expect((await left.ended).code).toBe(5)

  const chosen = project.start(['snapshot', 'restore'], { terminal: true })
  await chosen.says(/Which snapshot\?[\s\S]*one +\S/)
  chosen.type('\u001b[B\r')
  const [, lane = ''] = await chosen.says(/of one is in (lane-\d) now/)
  expect((await chosen.ended).code).toBe(0)
  expect(await project.open(lane)).toBe('Oslo')

  const asked = project.start(['snapshot', 'remove', 'one'], { terminal: true })
  await asked.says(/Remove one \(.* kB, made .*\)\?/)
  asked.type('n')
  expect((await asked.ended).code).toBe(5)
  const unasked = await project.cli(['snapshot', 'remove', 'one'])
  expect(unasked).toMatchObject({ code: 5, stderr: expect.stringContaining('there is no terminal to ask on') })
  const removed = await project.cli(['snapshot', 'remove', 'one', '--yes'])
  expect(removed).toMatchObject({ code: 0, stdout: 'Removed one.' })
  const { stdout } = await project.cli(['snapshot', 'list', '-C', project.root])
  expect(stdout.match(/^(one|two) /gm)).toEqual(['two '])
})

test.skipIf(long)(`prune removes what need not be kept, and tells first when asked to${long}`, async () => {
  await using project = new SnapshotProject()
  await project.cli(['up'])
  const held = await project.hold('Oslo')
  const make = async (...name: readonly string[]) =>
    /^Saved (\S+),/.exec((await project.cli(['snapshot', 'create', ...name])).stdout)?.[1] ?? ''
  const names = [await make(), await make(), await make(), await make('named')]
  project.write('isolane.config.ts', sqliteConfig('retention: { count: 2 }'))
  const listed = async () => {
    const { value } = await project.json(['snapshot', 'list', '--json'])
    return (value as { snapshots: { name: string }[] }).snapshots.map(({ name }) => name).sort()
  }
  const dry = await project.cli(['snapshot', 'prune', '--dry-run'])
  expect(dry.stdout).toMatch(
    new RegExp(`^would remove ${names[0]} \\(.*\\): there are many\\n1 snapshot, .*; nothing was removed$`),
  )
  expect(await listed()).toEqual([...names].sort())
  expect((await project.cli(['snapshot', 'prune'])).stdout).toMatch(new RegExp(`^removed ${names[0]} `))
  expect((await project.cli(['snapshot', 'prune'])).stdout).toBe('There is nothing to remove.')
  // What makes another removes them as well.
  const last = await make()
  expect(await listed()).toEqual([names[2], last, 'named'].sort())
  held.release()
  await project.cli(['snapshot', 'prune', '--max-size', '1kB'])
  expect(await listed()).toEqual([last, 'named'].sort())
})
