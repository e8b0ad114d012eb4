import { spawnSync } from 'node:child_process'
import fs, { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { dirname, join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { actsFile, logAct } from '../../src/snapshots/acts.ts'
import { emptyFolder, gc } from './folders.ts'

const act = { at: '2026-11-21T22:38:50.000Z', act: 'create', snapshot: 'one', milliseconds: 3, result: 'done' } as const

test('the log is begun anew when it is full, and the one before is kept', () => {
  const file = join(emptyFolder(), 'state', 'snapshots.log')
  logAct(act, file)
  expect(readFileSync(file, 'utf8')).toBe(`${JSON.stringify(act)}\n`)
  writeFileSync(file, 'x'.repeat(1024 * 1024 + 1))
  logAct(act, file)
  expect(readFileSync(file, 'utf8')).toBe(`${JSON.stringify(act)}\n`)
  expect(statSync(`${file}.1`).size).toBe(1024 * 1024 + 1)
})

test('a log that can not be written keeps nobody from anything', () => {
  const file = join(emptyFolder(), 'file')
  writeFileSync(file, '')
  logAct(act, join(file, 'snapshots.log'))
  expect(existsSync(join(file, 'snapshots.log'))).toBe(false)
})

test('a log that another process has just begun anew takes the line all the same', () => {
  const file = join(emptyFolder(), 'snapshots.log')
  writeFileSync(file, 'x'.repeat(1024 * 1024 + 1))
  const { renameSync } = fs
  const rename = vi.spyOn(fs, 'renameSync').mockImplementation((from, to) => {
    if (from === file) rmSync(file)
    renameSync(from, to)
  })
  syncBuiltinESMExports()
  logAct(act, file)
  rename.mockRestore()
  syncBuiltinESMExports()
  expect(readFileSync(file, 'utf8')).toBe(`${JSON.stringify(act)}\n`)
})

test('a process killed while it begins the log anew leaves nothing for ever', async () => {
  const file = actsFile()
  logAct(act)
  const program = `
    const fs = await import('node:fs')
    const { syncBuiltinESMExports } = await import('node:module')
    const rename = fs.default.renameSync
    fs.default.renameSync = (from, to) => {
      rename(from, to)
      if (from.endsWith('snapshots.log')) process.kill(process.pid, 'SIGKILL')
    }
    syncBuiltinESMExports()
    const { logAct } = await import(${JSON.stringify(new URL('../../src/snapshots/acts.ts', import.meta.url).href)})
    fs.writeFileSync(${JSON.stringify(file)}, 'x'.repeat(1024 * 1024 + 1))
    logAct(${JSON.stringify(act)})`
  spawnSync(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' })
  await gc()
  expect(readdirSync(dirname(file)).filter((name) => /^snapshots\.log\.\d{2,}/.test(name))).toEqual([])
})
