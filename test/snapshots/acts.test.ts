import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { logAct } from '../../src/snapshots/acts.ts'
import { emptyFolder } from './folders.ts'

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
