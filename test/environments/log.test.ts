import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { beforeEach, expect, test } from 'vitest'
import { IsolaneError } from '../../src/core/errors.ts'
import { environmentsLog, loggedActs, recorded } from '../../src/environments/log.ts'
import type { ActName } from '../../src/environments/policy.ts'
import { freshSnapshot } from '../../src/environments/policy-snapshot.ts'
import { lastUndoable } from '../../src/environments/undo.ts'
import { SnapshotStore } from '../../src/snapshots/store.ts'
import { addSnapshot, emptyFolder, filesBelow, storeWith } from '../snapshots/folders.ts'

const stack = { root: '/project', name: 'tta' }

beforeEach(() => {
  rmSync(environmentsLog(), { force: true, recursive: true })
})

/** An act that ended so. */
async function acted(act: ActName, snapshot: string | undefined, outcome = 'done'): Promise<void> {
  const intent = { act, environment: 'dev', ...(snapshot === undefined ? {} : { snapshot }) }
  await recorded(stack, intent, async () => {
    if (outcome !== 'done') throw new IsolaneError({ code: 'ISOLANE_RESET_FAILED', message: 'no', remedy: 'no' })
  }).catch(() => {})
}

/** The same, by a process that is killed on the way. */
function killedAt(act: ActName, snapshot: string): void {
  const log = new URL('../../src/environments/log.ts', import.meta.url).href
  const intent = { act, environment: 'dev', snapshot }
  const program = `import { recorded } from ${JSON.stringify(log)}
    await recorded(${JSON.stringify(stack)}, ${JSON.stringify(intent)}, async () => process.kill(process.pid, 'SIGKILL'))`
  spawnSync(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'inherit' })
}

test('an act is on record before and after, for our user only, and by whom', async () => {
  await recorded(stack, { act: 'wipe', environment: 'dev', snapshot: 'before' }, async () => {
    expect(loggedActs(stack)).toMatchObject([{ act: 'wipe', environment: 'dev', outcome: 'under way' }])
    await expect(lastUndoable(loggedActs(stack), new SnapshotStore(emptyFolder()))).rejects.toThrow('is under way')
  })
  expect(loggedActs(stack)).toMatchObject([
    { act: 'wipe', snapshot: 'before', user: userInfo().username, outcome: 'done', at: expect.stringMatching(/Z$/) },
  ])
  await acted('wipe', 'second', 'failed')
  expect(loggedActs(stack).map(({ outcome }) => outcome)).toEqual(['ISOLANE_RESET_FAILED', 'done'])
  expect(loggedActs({ ...stack, name: 'other' })).toEqual([])
  if (process.platform !== 'win32') expect(statSync(environmentsLog()).mode & 0o777).toBe(0o600)
  // A crash has cut a line off, and the log was begun anew since.
  appendFileSync(environmentsLog(), '{"id":"a')
  renameSync(environmentsLog(), `${environmentsLog()}.1`)
  await acted('reset', undefined)
  expect(loggedActs(stack).map(({ act }) => act)).toEqual(['reset', 'wipe', 'wipe'])
  rmSync(`${environmentsLog()}.1`)
})

test('nothing is done off the record', async () => {
  mkdirSync(environmentsLog())
  let done = false
  const act = recorded(stack, { act: 'wipe', environment: 'dev' }, async () => {
    done = true
  })
  await expect(act).rejects.toMatchObject({ code: 'ISOLANE_STATE_NOT_WRITABLE' })
  expect(done).toBe(false)
})

test('what is undone is the last act that changed something, or may have', async () => {
  const store = await storeWith('first')
  await addSnapshot(store, 'second')
  const undoable = async () => {
    const { act, snapshot } = await lastUndoable(loggedActs(stack), store, 'dev')
    return `${act.act} ${snapshot}`
  }
  await expect(undoable()).rejects.toThrow('Nothing was done to dev that could be undone')
  killedAt('wipe', 'first')
  expect(loggedActs(stack)).toMatchObject([{ outcome: 'interrupted' }])
  expect(await undoable()).toBe('wipe first')
  // Killed before its snapshot was there; failed, which an import does without a change; done, and nothing was there
  // before; interrupted, so that it is done again.
  killedAt('wipe', 'never-made')
  await acted('import', 'second', 'failed')
  await acted('import', undefined)
  killedAt('undo', 'second')
  expect(await undoable()).toBe('wipe first')
  // One service may have been brought back, and another not.
  await acted('restore', 'never-made', 'failed')
  expect(await undoable()).toBe('wipe first')
  await acted('restore', 'second', 'failed')
  expect(await undoable()).toBe('restore second')
  await acted('import', 'first')
  expect(await undoable()).toBe('import first')
  await acted('undo', 'second')
  expect(await undoable()).toBe('undo second')
  await acted('wipe', 'removed-since')
  await expect(undoable()).rejects.toThrow('no good snapshot removed-since in')
  await acted('reset', undefined)
  await expect(undoable()).rejects.toThrow('was done with --no-snapshot')
  await recorded(
    stack,
    { act: 'remove', environment: 'dev' },
    async () => 'some',
    () => false,
  )
  expect(loggedActs(stack)[0]).toMatchObject({ act: 'remove', outcome: 'failed' })
  await acted('remove', undefined)
  await expect(undoable()).rejects.toThrow(/^The data of dev were removed at \S+, which can't be undone/)
  await expect(lastUndoable(loggedActs(stack), store, 'test')).rejects.toThrow('Nothing was done to test')
})

test('a snapshot counts for an hour, when it is good and has all services', async () => {
  const store = await storeWith('first', 'an item')
  const { manifest } = (await store.list())[0] ?? {}
  if (!manifest) throw new Error('no snapshot')
  const [lane = ''] = Object.keys(manifest.lanes)
  const services = Object.keys(manifest.lanes[lane]?.services ?? {})
  const made = Date.parse(manifest.createdAt)
  const found = (age: number, own = services, environment = lane) =>
    freshSnapshot(store, 'default', environment, own, made + age)
  expect(await found(1000)).toEqual({ name: 'first', age: 1000 })
  expect(await found(3_600_000)).toBeUndefined()
  expect(await found(-1)).toBeUndefined()
  expect(await found(1000, [...services, 'another'])).toBeUndefined()
  expect(await found(1000, services, 'staging')).toBeUndefined()
  expect(await freshSnapshot(store, 'other', lane, services, made)).toBeUndefined()
  const [file = ''] = filesBelow(store.folder).filter((each) => each.endsWith('.zst'))
  const content = readFileSync(file)
  content[content.length - 1] = (content.at(-1) ?? 0) ^ 1
  rmSync(file)
  writeFileSync(file, content)
  expect(await found(1000)).toBeUndefined()
})
