import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { configOf } from '../../src/builtin.ts'
import { self } from '../../src/core/process-identity.ts'
import { postgres } from '../../src/services/postgres/index.ts'
import { sweepSides } from '../../src/upgrade/sides/end.ts'
import { claimMaking, endMaking } from '../../src/upgrade/sides/making.ts'
import { readSides, replaceSides, type Sides, sidesFile, sidesFolder } from '../../src/upgrade/sides/record.ts'
import { long } from '../long.ts'
import { storeWithLanes } from '../snapshots/folders.ts'

const stateFolder = process.env.ISOLANE_STATE_DIR ?? ''
const ended = { pid: 1, startedAt: 'long ago' }
let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'isolane-sides-'))
})

function sidesOf(name = 'default', owner = ended): Sides {
  return {
    id: 'abc',
    root,
    name,
    createdAt: new Date().toISOString(),
    snapshot: { path: join(root, 'copy'), name: 'copy', own: false },
    blue: { versions: { postgres: '15' }, stack: `${name}-postgres-15`, owner, lane: 'lane-1' },
    green: { versions: { postgres: '18' }, stack: `${name}-postgres-18`, owner, lane: 'lane-1' },
    active: 'blue',
  }
}

const keyOf = (name = 'default') => ({ stateFolder, root, name })

describe('the file that says which side is active', () => {
  test('is replaced when it is what was read, and not otherwise', async () => {
    const sides = sidesOf()
    expect(await replaceSides(keyOf(), undefined, sides)).toBe(true)
    expect(await replaceSides(keyOf(), undefined, sides)).toBe(false)
    const green: Sides = { ...sides, active: 'green', before: 'blue' }
    expect(await replaceSides(keyOf(), sides, green)).toBe(true)
    expect(await replaceSides(keyOf(), sides, { ...sides, active: 'blue' })).toBe(false)
    expect(readSides(keyOf())).toEqual(green)
  })

  test('is one for each stack of each project', async () => {
    await replaceSides(keyOf('one'), undefined, sidesOf('one'))
    await replaceSides(keyOf('two'), undefined, { ...sidesOf('two'), active: 'green' })
    expect(readSides(keyOf('one'))?.active).toBe('blue')
    expect(readSides(keyOf('two'))?.active).toBe('green')
    expect(readSides(keyOf())).toBeUndefined()
  })

  const script = join(import.meta.dirname, 'fixtures', 'switcher.ts')
  const run = (...args: string[]) => promisify(execFile)(process.execPath, [script, root, ...args])

  test('of switches in several processes loses none', async () => {
    await replaceSides(keyOf(), undefined, sidesOf())
    const counts = await Promise.all([run('10'), run('11')])
    expect(counts.map(({ stdout }) => stdout)).toEqual(['10', '11'])
    expect(readSides(keyOf())).toMatchObject({ active: 'green', before: 'blue' })
  })

  test.skipIf(long)(`is one or the other when they are killed${long}`, async () => {
    await replaceSides(keyOf(), undefined, sidesOf())
    const doomed = ['kill', 'kill', 'kill', 'kill'].map((end) => run('1000000', end).catch(({ signal }) => signal))
    expect(await Promise.all(doomed)).toEqual(Array(4).fill('SIGKILL'))
    expect((await run('1')).stdout).toBe('1')
    const { active, before } = readSides(keyOf()) ?? {}
    expect([active, before].sort()).toEqual(['blue', 'green'])
    await sweepSides(stateFolder, false)
    const left = readdirSync(sidesFolder(stateFolder)).filter((name) => name.endsWith('.partial'))
    expect(left).toEqual([])
  })
})

describe('a config', () => {
  test('is that of the active side; where that is gone it says what to do; the environment takes precedence', async () => {
    Object.assign(globalThis, { ownConfig: { services: { postgres: postgres({ version: '16' }) } } })
    writeFileSync(join(root, 'isolane.config.js'), 'export default globalThis.ownConfig\n')
    await replaceSides(keyOf(), undefined, sidesOf())
    await expect(configOf(root)).rejects.toMatchObject({
      code: 'ISOLANE_STACK_NOT_UP',
      message: expect.stringMatching(
        /^The blue side \(postgres 15\) of .* is gone with its data.*`isolane .*down` ends/,
      ),
    })
    process.env.ISOLANE_VERSIONS = 'postgres=17'
    try {
      expect((await configOf(root)).name).toBe('default-postgres-17')
    } finally {
      delete process.env.ISOLANE_VERSIONS
    }
  })
})

describe('sides that are being made', () => {
  const claim = () => claimMaking({ id: 'abc', root, name: 'default' })

  test('are made by one process at a time, and not where there are some', async () => {
    const making = await claim()
    await expect(claim()).rejects.toMatchObject({ code: 'ISOLANE_STACK_ALREADY_UP' })
    await endMaking(making)
    await replaceSides(keyOf(), undefined, sidesOf())
    await expect(claim()).rejects.toMatchObject({
      code: 'ISOLANE_STACK_ALREADY_UP',
      message: expect.stringContaining('`isolane'),
    })
  })

  test('are swept when their maker is dead, with the snapshot that was made for them', async () => {
    const snapshot = join(root, 'copy')
    mkdirSync(snapshot)
    const file = sidesFile(keyOf()).replace('.json', '.making.json')
    mkdirSync(join(sidesFolder(stateFolder), 'abc', 'blue'), { recursive: true })
    const making = { id: 'abc', root, name: 'default', owner: ended, stacks: [], snapshot }
    writeFileSync(file, JSON.stringify(making))
    expect(await sweepSides(stateFolder, true)).toMatchObject([{ removed: false }])
    expect(await sweepSides(stateFolder, false)).toMatchObject([
      { removed: true, what: `half-made blue and green of ${root}` },
    ])
    expect(readdirSync(root)).toEqual([])
    expect(readdirSync(sidesFolder(stateFolder))).not.toContain('abc')
  })

  test('that are on record as sides already stay', async () => {
    const sides = sidesOf('default', self)
    await replaceSides(keyOf(), undefined, sides)
    const file = sidesFile(keyOf()).replace('.json', '.making.json')
    mkdirSync(join(sidesFolder(stateFolder), 'abc'), { recursive: true })
    writeFileSync(file, JSON.stringify({ id: 'abc', root, name: 'default', owner: ended, stacks: [] }))
    expect(await sweepSides(stateFolder, false)).toMatchObject([{ removed: true }])
    expect(readSides(keyOf())).toEqual(sides)
    expect(readdirSync(sidesFolder(stateFolder))).toContain('abc')
  })
})

describe('a snapshot of several lanes', () => {
  test('is begun with by naming one', async () => {
    const store = await storeWithLanes('orders', [['one'], ['two']])
    const path = join(store.folder, 'orders')
    Object.assign(globalThis, { ownConfig: { services: { memory: postgres() } } })
    writeFileSync(join(root, 'isolane.config.js'), 'export default globalThis.ownConfig\n')
    try {
      for (const [start, problem] of [
        [path, /has 2 lanes, .*orders#lane-1/],
        [`${path}#lane-9`, /has no lane "lane-9": choose from lane-1, lane-2/],
      ] as const) {
        vi.stubEnv('ISOLANE_FROM_SNAPSHOT', start)
        await expect(configOf(root)).rejects.toMatchObject({ message: expect.stringMatching(problem) })
      }
      vi.stubEnv('ISOLANE_FROM_SNAPSHOT', `${path}#lane-2`)
      expect((await configOf(root)).start).toMatchObject({ memory: { folder: join(path, 'lane-2', 'memory') } })
    } finally {
      vi.unstubAllEnvs()
    }
  })
})
