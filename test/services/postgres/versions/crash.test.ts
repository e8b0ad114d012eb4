import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { long } from '../../../long.ts'
import { nativeRuntime, type Subject, subject, temporaryFolder } from '../harness.ts'
import { type Saved, save, snapshotsOf } from '../snapshots/saved.ts'
import { wholeServer } from './portrait.ts'

const from = wholeServer(['13', '14', '15', '16', '17'])
const why = long || (from === undefined ? ' [no whole PostgreSQL on this machine]' : '')

/** When it is killed: what it has said by then, and what is there. */
const moments: readonly (readonly [says: string, serves: string | undefined])[] = [
  ['pg_upgrade: making a server of', from],
  // Started by pg_upgrade, not by us.
  ['pg_upgrade: upgrading it to', '18'],
  ['pg_upgrade: taking over what came out of it', '18'],
]

describe.skipIf(why)(`an upgrade whose process is killed${why}`, { timeout: 120_000 }, () => {
  let root: string
  let old: Subject
  let saved: Saved

  beforeAll(async () => {
    root = temporaryFolder()
    const seed = `CREATE TABLE item AS SELECT g AS id, md5(g::text) AS name FROM generate_series(1, 1000) g`
    old = await subject({ version: from ?? '15', seed: 's.sql' }, { 's.sql': seed })
    saved = await save(old.session, (await old.lane()).id)
  }, 60_000)

  afterAll(async () => {
    saved?.[Symbol.dispose]()
    await old?.dispose()
    rmSync(root, { recursive: true, force: true })
  })

  const begin = (): ChildProcess => {
    const { folder, files, state } = saved
    const script = join(import.meta.dirname, '../fixtures/upgrading.ts')
    return spawn(process.execPath, [script, JSON.stringify({ root, folder, files, state })], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
  }

  test('leaves neither a server nor a folder behind the next sweep, and the next upgrade works', async () => {
    const folders: string[] = []
    for (const [says, serves] of moments) {
      const child = begin()
      for await (const line of linesOf(child)) {
        if (line.startsWith('folder ')) folders.push(line.slice(7))
        if (line.startsWith(says)) break
      }
      const folder = folders.at(-1) ?? ''
      while (serves !== undefined && !existsSync(join(folder, 'upgrade', serves, 'postmaster.pid'))) await delay(2)
      child.kill('SIGKILL')
      await new Promise((resolve) => child.once('close', resolve))
      expect(processesIn(folder).length).toBeGreaterThan(0)
    }
    const runs = readdirSync(join(root, 'runs'))
    const swept = await nativeRuntime(root).sweep()
    expect(swept.filter(({ removed }) => !removed)).toEqual([])
    for (const folder of folders) {
      expect(processesIn(folder)).toEqual([])
      expect(existsSync(folder)).toBe(false)
    }
    expect(runs).toHaveLength(moments.length)
    expect(readdirSync(tmpdir()).filter((name) => runs.some((run) => name.startsWith(`isolane-${run}-`)))).toEqual([])
    const child = begin()
    let last = ''
    for await (const line of linesOf(child)) {
      if (line.startsWith('folder ')) last = line.slice(7)
      if (line === 'prepared') break
    }
    const leftovers = readdirSync(last).filter((name) => name === 'upgrade')
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('close', resolve))
    expect(leftovers).toEqual([])
    await nativeRuntime(root).sweep()
  })

  test('ends with its session, and says so', async () => {
    const server = await subject({ version: '18' }, {}, { prepare: false })
    const { privateFolder = '' } = server.instance.endpoint
    const preparing = snapshotsOf(server.session).prepareFrom?.(
      { fingerprint: 'd'.repeat(64), cacheable: false },
      { files: saved.reader(), saved: saved.state, way: 'pg_upgrade' },
    )
    const refused = expect(preparing).rejects.toMatchObject({ code: 'ISOLANE_STACK_CLOSED' })
    while (!existsSync(join(privateFolder, 'upgrade', '18', 'postmaster.pid'))) await delay(2)
    await server.dispose()
    await refused
    expect(processesIn(privateFolder)).toEqual([])
    expect(existsSync(privateFolder)).toBe(false)
  })
})

function linesOf({ stdout }: ChildProcess): AsyncIterable<string> {
  return createInterface({ input: stdout ?? process.stdin })
}

/** Processes that were started on something in the folder. */
function processesIn(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')]
      } catch {
        return []
      }
    })
    .filter((line) => line.includes(folder))
}
