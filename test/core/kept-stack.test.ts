/** Stacks that runs bring up in the background, to keep something in them. */
import { readdirSync, readlinkSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { describe, expect, test } from 'vitest'
import { config, readText, Sandbox } from '../cli/sandbox.ts'
import { long } from '../long.ts'
import type { Program } from '../vitest/program.ts'

const run = join(import.meta.dirname, 'fixtures', 'run-and-wait.ts')

function keeping(keep: string, rest = ''): Sandbox {
  return new Sandbox({ files: { 'isolane.config.ts': config('redis: redis()', `keep: '${keep}', ${rest}`) } })
}

async function urlOf(program: Program): Promise<string> {
  const [, url = ''] = await program.says(/ready with (\S+)/)
  return url
}

const serverOf = (url: string) => new URL(url).host

async function ownerOf(sandbox: Sandbox): Promise<number> {
  const { value } = await sandbox.json(['status', '--json'])
  return (value as { owner: { pid: number } }).owner.pid
}

async function end(program: Program): Promise<void> {
  program.type('end\n')
  expect(await program.ended, program.output).toEqual({ code: 0, signal: null })
}

/** Files that a process has open, by their paths. Only Linux shows them. */
function openFiles(pid: number): string[] {
  if (process.platform !== 'linux') return []
  const folder = `/proc/${pid}/fd`
  return readdirSync(folder).flatMap((name) => {
    try {
      return readlinkSync(join(folder, name))
    } catch {
      return []
    }
  })
}

/** Whether its parent still knows nothing of its end. */
function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe("keep: 'stack'", () => {
  test('of two runs at once, one brings the stack up, and both use it, as does the next', async () => {
    await using sandbox = keeping('stack')
    const both = [sandbox.script(run), sandbox.script(run)]
    const urls = await Promise.all(both.map(urlOf))
    expect(new Set(urls).size).toBe(2)
    expect(new Set(urls.map(serverOf)).size).toBe(1)
    const logs = both.flatMap(({ pid }) => openFiles(pid)).filter((file) => file.endsWith('.log'))
    expect(logs).toEqual([])
    for (const program of both) await end(program)
    const next = sandbox.script(run)
    expect(serverOf(await urlOf(next))).toBe(serverOf(urls[0] ?? ''))
    next.signal('SIGKILL')
    await next.ended
    expect((await sandbox.cli(['down'])).code).toBe(0)
    await sandbox.expectNothingLeft()
  })

  test.skipIf(long)(
    `a stack that was killed, its log with it, is replaced by the next run, each time${long}`,
    async () => {
      await using sandbox = keeping('stack')
      for (const _time of [1, 2]) {
        const program = sandbox.script(run)
        await urlOf(program)
        const owner = await ownerOf(sandbox)
        rmSync(join(sandbox.stateFolder, 'logs'), { recursive: true })
        process.kill(owner, 'SIGKILL')
        await expect.poll(() => isThere(owner)).toBe(false)
        await end(program)
      }
      await end(sandbox.script(run))
      expect((await sandbox.cli(['down'])).code).toBe(0)
      await sandbox.expectNothingLeft()
    },
  )
})

describe("keep: 'failed'", () => {
  test('a run that is killed takes the stack along', async () => {
    await using sandbox = keeping('failed')
    const starting = sandbox.script(run)
    await expect.poll(() => sandbox.leftovers.list().join()).toContain('a stack that is up')
    starting.signal('SIGKILL')
    await expect.poll(() => sandbox.leftovers.list()).toEqual([])
    const running = sandbox.script(run)
    await urlOf(running)
    running.signal('SIGKILL')
    await sandbox.expectNothingLeft()
  })

  test('unless it has kept a lane: that stays, and so does the stack', async () => {
    await using sandbox = keeping('failed')
    const failing = sandbox.script(run, ['fail'])
    const url = await urlOf(failing)
    failing.signal('SIGKILL')
    const shown = async () => (await sandbox.cli(['status'])).stdout
    await expect.poll(shown).toMatch(/lane-1 +kept +"broken"/)
    const next = sandbox.script(run)
    expect(serverOf(await urlOf(next))).toBe(serverOf(url))
    await end(next)
    expect(next.output).toContain('stays up with the lanes of test files that failed; `isolane down` ends it')
    expect(await shown()).toMatch(/lane-1 +kept +"broken"/)
    expect((await sandbox.cli(['down', 'lane-1'])).stdout).toBe(
      'lane-1 is kept no longer; it was the last one, so the stack ends.',
    )
    await sandbox.expectNothingLeft()
  })

  test.skipIf(long)(`where each lane has a server of its own, the kept one's stays${long}`, async () => {
    await using sandbox = keeping('failed', "mode: 'isolated'")
    const failing = sandbox.script(run, ['fail'])
    const url = await urlOf(failing)
    await end(failing)
    const next = sandbox.script(run)
    expect(serverOf(await urlOf(next))).not.toBe(serverOf(url))
    await end(next)
    const redis = new Redis(url)
    expect(await redis.ping()).toBe('PONG')
    redis.disconnect()
    expect((await sandbox.cli(['down'])).code).toBe(0)
    await sandbox.expectNothingLeft()
  })

  test.skipIf(long)(`\`isolane up\` makes it stay; from another config nothing is kept in it${long}`, async () => {
    await using sandbox = keeping('failed')
    const program = sandbox.script(run)
    await urlOf(program)
    expect(await sandbox.cli(['up'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('The stack is up (pid'),
    })
    expect((await sandbox.cli(['up'])).code).toBe(1)
    await end(program)

    sandbox.write('isolane.config.ts', config('redis: redis()', "keep: 'failed', lanes: 3"))
    const other = sandbox.script(run, ['fail'])
    await urlOf(other)
    expect(other.output).toMatch(
      /stack: keeps nothing, in spite of `keep: 'failed'`: the stack that is up was started from another config/,
    )
    expect(other.output).toContain('not kept: the stack that is up was started from another config')
    expect(other.output).not.toContain('keeps lanes like this one')
    await end(other)

    sandbox.write('lease.mjs', "import { lease } from 'isolane'\nawait using lane = await lease()\n")
    const leasing = sandbox.script('lease.mjs')
    expect(await leasing.ended).toMatchObject({ code: 0 })
    expect(leasing.output.match(/keeps nothing/g)).toHaveLength(1)
    expect((await sandbox.cli(['down'])).code).toBe(0)
    await sandbox.expectNothingLeft()
  })
})

test('a stack that is given inline is not kept', async () => {
  const script = `
import { lease, redis } from 'isolane'
await using lane = await lease({ stack: { services: { redis: redis() }, keep: 'stack' } })
console.log(lane.name)
`
  await using sandbox = new Sandbox({ files: { 'script.mjs': script } })
  const program = sandbox.script(join(sandbox.root, 'script.mjs'))
  expect(await program.ended).toMatchObject({ code: 0 })
  expect(program.output).toMatch(
    /keeps nothing, in spite of `keep: 'stack'`: that needs the stack in isolane\.config\.ts/,
  )
  await sandbox.expectNothingLeft()
})

describe('a module that leases a lane, preloaded by NODE_OPTIONS,', () => {
  /** Each process that loads it adds a line; the fourth one ends what would go on for ever. */
  const preloaded = (lease: string) => `
import { appendFileSync, readFileSync } from 'node:fs'
import { lease, redis } from 'isolane'
appendFileSync('loaded', process.pid + '\\n')
if (readFileSync('loaded', 'utf8').split('\\n').length > 4) process.exit(1)
console.log((await ${lease}).name)
`

  test.each([
    ['the process that keeps the stack up', 'lease()'],
    ['the one that removes what a run has left', 'lease({ stack: { services: { redis: redis() } } })'],
  ])('is not for %s', async (_what, lease) => {
    await using sandbox = new Sandbox({
      files: {
        'isolane.config.ts': config('redis: redis()'),
        'lane.mjs': preloaded(lease),
        'script.mjs': 'process.exit()',
      },
    })
    const env = { NODE_OPTIONS: '--import ./lane.mjs' }
    const program = sandbox.script('script.mjs', [], { env })
    expect(await program.ended).toMatchObject({ code: 0 })
    expect(program.output).toBe('lane-1\n')
    await sandbox.expectNothingLeft()
    expect(readText(join(sandbox.root, 'loaded')).split('\n')).toEqual([String(program.pid), ''])
  })
})
