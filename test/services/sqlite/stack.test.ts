import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runtimes } from '../../../src/builtin.ts'
import { resolveConfig } from '../../../src/core/config-check.ts'
import { cacheFolder } from '../../../src/core/folders.ts'
import { silent } from '../../../src/core/report.ts'
import { Stack } from '../../../src/core/stack.ts'
import { sqlite } from '../../../src/services/sqlite/index.ts'

test('an isolated stack migrates once all the same: each lane has files of its own in any mode', async () => {
  const root = mkdtempSync(join(tmpdir(), 'isolane-sqlite-stack-'))
  let times = 0
  const stack = await Stack.open({
    config: resolveConfig({ services: { db: sqlite({ migrations: () => (times += 1) }) }, mode: 'isolated' }, root, {}),
    runtimes,
    stateFolder: root,
    cacheFolder: cacheFolder(),
    workers: 3,
    report: silent,
    signal: new AbortController().signal,
  })
  try {
    const lanes = await Promise.all([1, 2, 3].map((pid) => stack.pool.lease({ pid, what: 'test' })))
    expect(new Set(lanes.map(({ env }) => env.SQLITE_FILE)).size).toBe(3)
    expect((await stack.status()).services).toMatchObject([{ runtime: 'folder', isolation: 'shared', instances: 1 }])
    expect(times).toBe(1)
  } finally {
    await stack.close()
    rmSync(root, { recursive: true, force: true })
  }
})
