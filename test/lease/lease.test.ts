/** `lease()` in processes of all kinds: whose lane it is, when it comes back, and what happens when it does not. */
import { describe, expect, test } from 'vitest'
import { redisConfig } from '../vitest/files.ts'
import { openProject, type Project } from '../vitest/project.ts'

const files = { 'isolane.config.ts': redisConfig('leaseTimeout: 300') }

async function open(script: string, more: Readonly<Record<string, string>> = {}): Promise<Project> {
  return openProject('others', { ...files, 'script.ts': `import { lease } from 'isolane'\n${script}`, ...more })
}

async function said(project: Project): Promise<string> {
  const { code, output } = await project.node(['script.ts'])
  expect(code, output).toBe(0)
  return output.trim()
}

/** Each file leaves a mark in its lane, meets all the others, and still sees only its own. */
const meeting = `
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import test from 'node:test'
import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { lease } from 'isolane'

test('has the lane for itself', async () => {
  await using lane = await lease()
  const redis = new Redis(lane.env.REDIS_URL)
  assert.deepEqual(await redis.keys('*'), [])
  await redis.set('mark-' + process.pid, '1')
  mkdirSync('meeting', { recursive: true })
  writeFileSync('meeting/' + process.pid, lane.env.REDIS_PORT)
  for (const deadline = Date.now() + 30_000; readdirSync('meeting').length < 4 && Date.now() < deadline; ) await delay(10)
  assert.equal(readdirSync('meeting').length, 4)
  assert.deepEqual(await redis.keys('*'), ['mark-' + process.pid])
  redis.disconnect()
})
`

describe('four files of node:test at once', () => {
  const specs = Object.fromEntries([1, 2, 3, 4].map((number) => [`${number}.test.ts`, meeting]))
  const command = ['--test', '--test-concurrency=4', '*.test.ts']

  async function ports(project: Project, { code, output }: { code: number | null; output: string }): Promise<number> {
    expect(code, output).toBe(0)
    expect(project.list('meeting')).toHaveLength(4)
    return new Set(project.list('meeting').map((name) => project.read(`meeting/${name}`))).size
  }

  test('under `isolane exec`: lanes of one stack', async () => {
    await using project = await open('', specs)
    expect(await ports(project, await project.cli('exec', '--', process.execPath, ...command))).toBe(1)
    await project.expectNothingLeft()
  })

  test('beside a stack that is up: lanes of that', async () => {
    await using project = await open('', specs)
    await project.cli('up')
    expect(await ports(project, await project.node(command))).toBe(1)
    await project.cli('down')
    await project.expectNothingLeft()
  })

  test('alone: lanes of one stack in the background', async () => {
    await using project = await open('', specs)
    expect(await ports(project, await project.node(command))).toBe(1)
    await project.expectNothingLeft()
  })
})

test('two leases of a process are two lanes of one stack, which ends with the last', async () => {
  await using project = await open(`
    import { Redis } from 'ioredis'
    import { setTimeout as delay } from 'node:timers/promises'
    const one = await lease()
    const two = await lease()
    const redis = new Redis(two.env.REDIS_URL, { retryStrategy: null })
    redis.on('error', () => {})
    await redis.set('key', 'value')
    const ended = new Promise((resolve) => redis.once('end', resolve))
    await one[Symbol.asyncDispose]()
    await one[Symbol.asyncDispose]()
    const kept = await redis.get('key')
    await two.reset()
    const after = await redis.get('key')
    await two[Symbol.asyncDispose]()
    await ended
    console.log(one.name, two.name, one.env.REDIS_PORT === two.env.REDIS_PORT, kept, after)
    await using three = await lease()
    console.log(three.name, 'again')
  `)
  expect(await said(project)).toBe('lane-1 lane-2 true value null\nlane-1 again')
  await project.expectNothingLeft()
})

describe('a process that does not give its lane back', () => {
  test('ends all the same, and its servers with it', async () => {
    await using project = await open('console.log((await lease()).name)')
    expect(await said(project)).toBe('lane-1')
    await project.expectNothingLeft()
  })

  test('with an inline stack ends by process.exit(); one that does, by itself', async () => {
    await using project = await open(`
      import stack from './isolane.config.ts'
      const lane = await lease({ stack })
      console.log(lane.name)
      process.exit()
    `)
    expect(await said(project)).toBe('lane-1')
    await project.expectNothingLeft()
    project.write('script.ts', project.read('script.ts').replace('process.exit()', 'await lane[Symbol.asyncDispose]()'))
    expect(await said(project)).toBe('lane-1')
    await project.expectNothingLeft()
  })

  test.each(['SIGINT', 'SIGKILL'] as const)('by %s ends, and its servers with it', async (signal) => {
    await using project = await open('console.log((await lease()).name); setInterval(() => {}, 1_000)')
    const script = project.startNode(['script.ts'])
    await script.says(/lane-1/)
    script.signal(signal)
    expect(await script.ended).toEqual({ code: null, signal })
    await project.expectNothingLeft()
  })

  test('killed while its servers start, leaves none', async () => {
    await using project = await open('await lease()')
    const script = project.startNode(['script.ts'])
    await expect.poll(() => project.leftovers.list().join()).toContain('record of run')
    script.signal('SIGKILL')
    expect(await script.ended).toEqual({ code: null, signal: 'SIGKILL' })
    await project.expectNothingLeft()
  })

  test('on a stack that is up: the lane comes back, clean', async () => {
    await using project = await open(
      `
      import { Redis } from 'ioredis'
      const lane = await lease()
      const redis = new Redis(lane.env.REDIS_URL)
      console.log(lane.name, await redis.dbsize())
      await redis.set('dirt', '1')
      process.kill(process.pid, 'SIGKILL')
      `,
      { 'isolane.config.ts': redisConfig('lanes: 1') },
    )
    await project.cli('up')
    for (const _ of ['first', 'second']) {
      const { output } = await project.node(['script.ts'])
      expect(output.trim()).toBe('lane-1 0')
    }
    await project.cli('down')
    await project.expectNothingLeft()
  })
})

test("with `keep: 'stack'` the first lease brings the stack up, and the next one uses it", async () => {
  await using project = await open('console.log((await lease()).env.REDIS_PORT)', {
    'isolane.config.ts': redisConfig("keep: 'stack'"),
  })
  const port = await said(project)
  expect(port).toMatch(/^\d+$/)
  expect(await said(project)).toBe(port)
  expect((await project.cli('down')).code).toBe(0)
  await project.expectNothingLeft()
})

describe('what is wrong is said in one line', () => {
  test('no config', async () => {
    await using project = await open('await lease()')
    project.write('elsewhere/script.ts', "import { lease } from 'isolane'\nawait lease({ root: '/' })\n")
    const { code, output } = await project.node(['elsewhere/script.ts'])
    expect(code).toBe(1)
    expect(output).toMatch(/IsolaneError: There is no isolane\.config\.ts in .*\[ISOLANE_CONFIG_NOT_FOUND\]$/m)
  })

  test('no lane left', async () => {
    await using project = await open('await lease()\nawait lease()', {
      'isolane.config.ts': redisConfig('lanes: 1, leaseTimeout: 300'),
    })
    const { code, output } = await project.node(['script.ts'])
    expect(code).toBe(1)
    expect(output).toMatch(/lane-1 by lease\(\) in \S*script\.ts.*\[ISOLANE_LANES_EXHAUSTED\]/s)
    await project.expectNothingLeft()
  })

  test('servers that do not start', async () => {
    const seed = "seed: () => { throw new Error('no guests today') }"
    await using project = await open('await lease()', {
      'isolane.config.ts': redisConfig().replace('redis()', `redis({ ${seed} })`),
    })
    const { code, output } = await project.node(['script.ts'])
    expect(code).toBe(1)
    expect(output).toMatch(/The seed function of redis threw: no guests today.*\[ISOLANE_SEED_FAILED\]$/m)
    await project.expectNothingLeft()
  })
})

test('`root` is another project, whatever `isolane exec` gives', async () => {
  await using project = await open(
    `
    const mine = await lease()
    const other = await lease({ root: 'other' })
    console.log(Object.keys(mine), Object.keys(other))
    `,
    { 'other/isolane.config.ts': redisConfig().replace('redis: redis()', 'cache: redis()') },
  )
  const { code, output } = await project.cli('exec', '--', process.execPath, 'script.ts')
  expect(code, output).toBe(0)
  expect(output).toMatch(/\[ 'redis', .*\] \[ 'cache', /)
  await project.expectNothingLeft()
})
