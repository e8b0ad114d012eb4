/** What editors do with Vitest: one process, set-ups before and after tear-downs, tear-downs twice or never. */
import { expect, test } from 'vitest'
import { long } from '../long.ts'
import { redisConfig, vitestConfig } from './files.ts'
import { openProject } from './project.ts'
import { runners } from './runner.ts'

/** Calls Vitest as its extension for VS Code does; each run's files leave a line in `log`. */
const editor = `
import { appendFileSync } from 'node:fs'
import { setup } from 'isolane/vitest/setup'
import { createVitest } from 'vitest/node'

async function open() {
  const vitest = await createVitest('test', { watch: true, reporters: ['default'] }, { server: { middlewareMode: true } })
  // Its name in Vitest 3.
  await (vitest.standalone ?? vitest.init).call(vitest)
  return vitest
}

async function run(vitest, what) {
  appendFileSync('log', what + ':')
  const { unhandledErrors } = await vitest.runTestSpecifications(await vitest.globTestSpecifications(), true)
  appendFileSync('log', ' ' + vitest.state.getFiles().map(({ result }) => result?.state) + ' ' + unhandledErrors.length + '\\n')
}

const tearDown = (vitest) => Promise.all(vitest.projects.map((project) => project._teardownGlobalSetup()))

const first = await open()
await run(first, 'run')
await run(first, 'rerun')

const second = await open()
await run(second, 'second while first is open')
await tearDown(first)
await first.close()
await run(second, 'second after first was torn down twice')

const again = await setup(second.projects[0])
await run(second, 'set up twice')
await again()
await tearDown(second)
await second.close()

const third = await open()
await run(third, 'third after all were torn down')
console.log('ends without tear-down')
process.exit()
`

const spec = `
import { appendFileSync } from 'node:fs'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'

test('finds a clean lane', async () => {
  const redis = new Redis(process.env.REDIS_URL)
  expect(await redis.dbsize()).toBe(0)
  await redis.set('dirt', '1')
  appendFileSync('log', ' ' + process.env.REDIS_PORT)
  redis.disconnect()
})
`

for (const runner of runners) {
  test.skipIf(long)(`${runner}: the stack is there while anyone needs it, and gone afterwards${long}`, async () => {
    await using project = await openProject(runner, {
      'isolane.config.ts': redisConfig(),
      'vitest.config.ts': vitestConfig(),
      'a.spec.ts': spec,
      'editor.js': editor,
    })
    const { code, output } = await project.node(['editor.js'])
    expect(output).toContain('ends without tear-down')
    expect(code, output).toBe(0)
    const log = project.read('log').trim().split('\n')
    const [, port] = / (\d+) /.exec(log[0] ?? '') ?? []
    expect(log.slice(0, 5)).toEqual([
      `run: ${port} pass 0`,
      `rerun: ${port} pass 0`,
      `second while first is open: ${port} pass 0`,
      `second after first was torn down twice: ${port} pass 0`,
      `set up twice: ${port} pass 0`,
    ])
    expect(log.slice(5)).toEqual([expect.stringMatching(/^third after all were torn down: \d+ pass 0$/)])
    await project.expectNothingLeft()
  })
}
