/** Stacks that are on record, whose process lives, and that nobody can reach. */
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { configOf, runtimes } from '../../src/builtin.ts'
import { connectUp } from '../../src/cli/project.ts'
import { makeStateFolder, stateFolder } from '../../src/core/folders.ts'
import { openKeptStack } from '../../src/core/kept-stack.ts'
import { identify, type ProcessIdentity, self } from '../../src/core/process-identity.ts'
import type { ReportEvent } from '../../src/core/report.ts'
import { stackFingerprint } from '../../src/core/stack-fingerprint.ts'
import { publishUp } from '../../src/core/up-record.ts'
import { redis } from '../../src/index.ts'

const { signal } = new AbortController()
const closing: (() => unknown)[] = []

afterEach(() => {
  vi.useRealTimers()
  for (const close of closing.splice(0)) close()
})

/** A socket that hangs up on everybody, and the records of stacks that are said to listen there. */
async function openSilent() {
  const root = mkdtempSync(join(tmpdir(), 'isolane-silent-'))
  const config = await configOf(root, { services: { redis: redis() }, keep: 'stack' })
  const fingerprint = await stackFingerprint(config, signal)
  const address = { path: socketIn(root), token: '' }
  let knocks = 0
  const server = createServer((socket) => {
    knocks += 1
    socket.destroy()
  }).listen(address.path)
  await once(server, 'listening')
  closing.push(() => server.close())
  makeStateFolder(join(stateFolder(), 'up'))
  return {
    config,
    publish: (owner: ProcessIdentity) => {
      const record = { name: config.name, root, owner, fingerprint, startedAt: '', logFile: '', address }
      publishUp({ stateFolder: stateFolder(), root, name: config.name }, record)
    },
    /** What came of a knock has been seen when the next one comes. */
    knockedTwice: async () => {
      const before = knocks
      await expect.poll(() => knocks).toBeGreaterThan(before + 1)
    },
  }
}

function socketIn(folder: string): string {
  return process.platform === 'win32' ? `\\\\.\\pipe\\${basename(folder)}` : join(folder, 'socket')
}

test('for the command line they are not up', async () => {
  const { config, publish } = await openSilent()
  publish(self)
  await expect(connectUp(config)).rejects.toMatchObject({ code: 'ISOLANE_STACK_NOT_UP' })
})

test('a run gives each of them time of its own', async () => {
  const { config, publish, knockedTwice } = await openSilent()
  vi.useFakeTimers({ toFake: ['performance'] })
  const events: ReportEvent[] = []
  const report = (event: ReportEvent) => events.push(event)
  publish(self)
  const opening = openKeptStack({ config, runtimes, workers: 1, report, signal })
  await knockedTwice()
  vi.advanceTimersByTime(20_000)
  const other = identify(process.ppid)
  if (!other) throw new Error('this process has no parent')
  publish(other)
  await knockedTwice()
  vi.advanceTimersByTime(20_000)
  await knockedTwice()
  expect(events).toEqual([])
  vi.advanceTimersByTime(20_000)
  const refused = `the stack that is up (pid ${other.pid}) does not answer`
  expect(await opening).toEqual({ refused })
  expect(events).toEqual([
    { kind: 'warning', subject: 'stack', text: `keeps nothing, in spite of \`keep: 'stack'\`: ${refused}` },
  ])
})
