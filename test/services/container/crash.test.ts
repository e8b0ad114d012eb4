import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { silent } from '../../../src/core/report.ts'
import { Run } from '../../../src/core/run.ts'
import { RuntimeSet } from '../../../src/core/runtime-choice.ts'
import { sweepDeadRuns } from '../../../src/core/sweep.ts'

test('what a killed save had written is swept by the next run, and not before', async () => {
  const root = mkdtempSync(join(tmpdir(), 'isolane-container-crash-'))
  const program = spawn(process.execPath, [join(import.meta.dirname, 'fixtures', 'save-and-wait.ts'), root], {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const closed = once(program, 'close')
  const [folder] = (await once(createInterface({ input: program.stdout }), 'line')) as [string]
  expect(readdirSync(folder)).toEqual(['rows'])
  expect(statSync(folder).mode & 0o077).toBe(process.platform === 'win32' ? 0o066 : 0)
  const run = new Run(join(root, 'runs'), root)
  const runtimes = new RuntimeSet({}, { run, cacheFolder: root, report: silent })
  expect(await sweepDeadRuns(root, runtimes)).toEqual([])
  expect(readdirSync(folder)).toEqual(['rows'])

  program.kill('SIGKILL')
  await closed
  expect(await sweepDeadRuns(root, runtimes)).toEqual([{ kind: 'folder', what: folder, removed: true }])
  expect(existsSync(folder)).toBe(false)
  run.end()
  expect(readdirSync(join(root, 'runs'))).toEqual([])
  rmSync(root, { recursive: true })
})
